"""
People think: What a route answers can be worked out when it is registered.
Rejected by: test_visits_are_counted
Message: at each call
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
        router.post("/visits", status_code=201)(self.add)
        number = self._counter.count()
        router.get("/visits")(lambda: number)

    def add(self) -> None:
        self._counter.add()

    def count(self) -> int:
        return self._counter.count()


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter).register_routes(app.router)
    return app
