"""
People think: A call that succeeds answers 200 by itself, and that will do.
Rejected by: test_a_visit_is_added
Message: 201
"""

from typing import Protocol

from fastapi import APIRouter, FastAPI


class Counter(Protocol):
    def add(self) -> None: ...

    def count(self) -> int: ...


class VisitHandler:
    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def register_routes(self, router: APIRouter) -> None:
        router.post("/visits")(self.add)
        router.get("/visits")(self.count)

    def add(self) -> None:
        self._counter.add()

    def count(self) -> int:
        return self._counter.count()


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter).register_routes(app.router)
    return app
