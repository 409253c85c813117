"""The handler keeps what it was given, and its routes are its own methods: a bound method knows
its handler, so FastAPI needs no `Depends` to find the counter. Registering only tells the router
what to call later. Nothing is kept in the module or the class, so two apps with two counters
know nothing of each other, and any router will do, also one with a prefix.
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
        router.get("/visits")(self.count)

    def add(self) -> None:
        self._counter.add()

    def count(self) -> int:
        return self._counter.count()


def create_app(counter: Counter) -> FastAPI:
    app = FastAPI()
    VisitHandler(counter).register_routes(app.router)
    return app
