"""
People think: The handler makes the counter that it needs.
Rejected by: test_the_counter_that_is_given_is_the_one_that_counts
Message: was given
"""

from typing import Protocol

from fastapi import APIRouter, FastAPI


class Counter(Protocol):
    def add(self) -> None: ...

    def count(self) -> int: ...


class ListCounter:
    def __init__(self) -> None:
        self.visits: list[None] = []

    def add(self) -> None:
        self.visits.append(None)

    def count(self) -> int:
        return len(self.visits)


class VisitHandler:
    def __init__(self, counter: Counter) -> None:
        self._counter = ListCounter()

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
