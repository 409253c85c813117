"""Wiring is kept per function and module, so all apps and all tests of a process share it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dependency_injector.wiring import unwire
from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.step_05_ioc_container.container import Container
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_05 import wired_routes
from steps.workbook.experiments.step_05.named_hashers import NamedHasher, ask, container_of
from steps.workbook.world.environment import new_database


def wired_app(container: Container) -> FastAPI:
    container.wire(modules=[wired_routes])
    app = FastAPI()
    app.include_router(wired_routes.router)
    return app


@contextmanager
def unwired_at_the_end() -> Iterator[None]:
    try:
        yield
    finally:
        unwire(modules=[wired_routes])


def last_container_to_wire_wins() -> dict[str, str]:
    with unwired_at_the_end():
        first = wired_app(container_of("container 1"))
        seen = {"app 1": ask(first)}
        second = wired_app(container_of("container 2"))
        return {**seen, "app 2": ask(second), "app 1 after app 2 was made": ask(first)}


def unwire_of_one_app_breaks_the_other() -> dict[str, str]:
    with unwired_at_the_end():
        first_container = container_of("container 1")
        wired_app(first_container)
        second = wired_app(container_of("container 2"))
        seen = {"app 2": ask(second)}
        first_container.unwire()
        return {**seen, "app 2 after container 1 is unwired": ask(second)}


def conftest_that_sets_app_container() -> dict[str, str]:
    """The shape of a common conftest.py: override in one container, then set `app.container`."""
    with unwired_at_the_end():
        app_of_main = wired_app(container_of("production"))
        container = container_of("production")
        container.password_hasher.override(NamedHasher("a test"))
        app = wired_app(container_of("production"))
        app.container = container  # type: ignore[attr-defined]
        seen = {"app.container = container": ask(app)}
        container.wire(modules=[wired_routes])
        seen["container.wire(...)"] = ask(app)
        seen["next test, the app of main.py"] = ask(app_of_main)
        seen["next test, a new app"] = ask(wired_app(container_of("production")))
        return seen


def step_05_keeps_two_apps_apart() -> dict[str, int]:
    """Sign up in one of two apps that run at once, each on a database of its own."""
    first, second = find_step(5).create_app(), find_step(5).create_app()
    ada = {"email": "ada@example.com", "password": "correct horse"}
    with new_database(), TestClient(first) as app_1:
        with new_database(), TestClient(second) as app_2:
            app_1.post("/users", json=ada).raise_for_status()
            seen = {"app 1": app_1.get("/users/1").status_code}
            seen["app 2"] = app_2.get("/users/1").status_code
        seen["app 1 after app 2 has ended"] = app_1.get("/users/1").status_code
    return seen
