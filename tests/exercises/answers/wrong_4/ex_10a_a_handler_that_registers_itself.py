"""
People think: A module has one router, and every handler adds to it.
Rejected by: test_any_router_will_do
Message: is given
"""

from typing import Protocol

from fastapi import APIRouter, FastAPI


class Counter(Protocol):
    def add(self) -> None: ...

    def count(self) -> int: ...


class VisitHandler:
    def __init__(self, counter: Counter, app: FastAPI | None = None) -> None:
        self._counter = counter
        self._app = app or FastAPI()

    def register_routes(self, router: APIRouter) -> None:
        router = self._app.router
        router.post("/visits", status_code=201)(self.add)
        router.get("/visits")(self.count)

    def add(self) -> None:
        self._counter.add()

    def count(self) -> int:
        return self._counter.count()


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter, app).register_routes(app.router)
    return app
