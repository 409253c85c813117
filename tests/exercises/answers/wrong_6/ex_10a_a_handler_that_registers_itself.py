"""
People think: A constructor should try whether what it is given works.
Rejected by: test_registering_calls_nothing
Message: later
"""

from typing import Protocol

from fastapi import APIRouter, FastAPI


class Counter(Protocol):
    def add(self) -> None: ...

    def count(self) -> int: ...


class VisitHandler:
    def __init__(self, counter: Counter) -> None:
        counter.count()
        self._counter = counter

    def register_routes(self, router: APIRouter) -> None:
        router.post("/visits", status_code=201)(self.add)
        router.get("/visits")(self.count)

    def add(self) -> None:
        self._counter.add()

    def count(self) -> int:
        return self._counter.count()


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter).register_routes(app.router)
    return app
