"""10a · A handler that registers itself · build · 12 minutes

Read notebook 10, "Handlers register their own routes".
Build a handler for two calls: POST /visits adds one visit and answers 201,
GET /visits answers their number alone, such as 2. Then run: make exercise STEP=10
"""

from typing import Protocol

from fastapi import APIRouter, FastAPI


class Counter(Protocol):
    def add(self) -> None: ...

    def count(self) -> int: ...


class VisitHandler:
    def __init__(self, counter: Counter) -> None: ...

    def register_routes(self, router: APIRouter) -> None: ...  # TODO


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter).register_routes(app.router)
    return app
