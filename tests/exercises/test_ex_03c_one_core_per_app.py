"""Exercise 03c: each app has a core of its own, from its start to its end."""

import asyncio
from contextlib import suppress
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from steps.exercises import ex_03c_one_core_per_app as exercise
from tests.exercises.checks import expect, expect_that


class Engines:
    """The engines that have been opened and closed since this task began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[Engine] = []
        self.closed: list[Engine] = []
        build, dispose = Engine.__init__, Engine.dispose

        def opens(engine: Engine, *args: Any, **options: Any) -> None:
            self.opened.append(engine)
            build(engine, *args, **options)

        def closes(engine: Engine, *args: Any, **options: Any) -> None:
            self.closed.append(engine)
            dispose(engine, *args, **options)

        monkeypatch.setattr(Engine, "__init__", opens)
        monkeypatch.setattr(Engine, "dispose", closes)

    def still_open(self) -> int:
        return sum(engine not in self.closed for engine in self.opened)


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    return Engines(monkeypatch)


handed_over: list[Any] = []


def create_app(database: str) -> FastAPI:
    app: FastAPI = exercise.create_app(f"sqlite:///{database}")

    @app.get("/core")
    async def endpoint(core: Annotated[Any, Depends(exercise.get_core)]) -> None:
        handed_over.append(core)

    return app


def core_of(client: TestClient) -> Any:
    """Return the core that get_core hands to an endpoint."""
    handed_over.clear()
    status = client.get("/core").status_code
    core = handed_over[0] if handed_over else f"nothing: the answer is {status}"
    expect_that(
        isinstance(core, exercise.Core),
        "What get_core hands to an endpoint",
        seen=core,
        expected="a Core",
        why="An endpoint reaches the core only by its accessor. FastAPI hands an accessor the "
        "request when a parameter has the type Request; request.app is the app that answers.",
    )
    return core


async def fail_while_running(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        raise RuntimeError("an error ends this app")


def test_a_request_gets_a_core_with_the_database_of_its_app() -> None:
    with TestClient(create_app("first.db")) as client:
        core = core_of(client)
    expect(
        "The database of its engine, in an app made for first.db",
        seen=core.engine.url.database,
        expected="first.db",
        why="create_app is told the URL: nothing else decides which database an app uses.",
    )


def test_one_engine_opens_at_the_start_and_serves_all_requests(engines: Engines) -> None:
    app = create_app("requests.db")
    made = len(engines.opened)
    with TestClient(app) as client:
        started = len(engines.opened)
        core_of(client)
        core_of(client)
        answered = len(engines.opened)
    expect(
        "Engines that create_app opens",
        seen=made,
        expected=0,
        why="Making an app opens nothing: a tool that only imports it needs no database. "
        "The lifespan opens the core when the app starts.",
    )
    expect(
        "Engines that are opened by the start, and by two requests after it",
        seen=f"{started} and {answered - started}",
        expected="1 and 0",
        why="An accessor makes nothing: the engine is there before the first request, so "
        "requests neither wait for it nor open a second one.",
    )


def test_two_apps_in_one_process_have_a_core_each() -> None:
    for names in (["one.db", "other.db"], ["same.db", "same.db"]):
        one, other = map(create_app, names)
        with TestClient(one) as client_of_one, TestClient(other) as client_of_other:
            cores = [core_of(client_of_one), core_of(client_of_other)]
        expect(
            "The databases of two apps that run at once",
            seen=[core.engine.url.database for core in cores],
            expected=names,
            why="A module is shared by all apps of a process, and the last one to start wins. "
            "What belongs to one app belongs on its app.state.",
        )
        expect(
            f"Engines of two apps at once{' on the same database' * (names[0] == names[1])}",
            seen=len({id(core.engine) for core in cores}),
            expected=2,
            why="The app that ends first closes its engine, and the other still works with it.",
        )


def test_the_engine_is_closed_when_the_app_ends(engines: Engines) -> None:
    with TestClient(create_app("stop.db")):
        open_meanwhile = engines.still_open()
    expect(
        "Engines that are open while the app runs, and when the app stops",
        seen=f"{open_meanwhile} and {engines.still_open()}",
        expected="1 and 0",
        why="Nobody else disposes of the engine. Its connections stay open, and the database "
        "has only so many to give.",
    )
    with suppress(RuntimeError):
        asyncio.run(fail_while_running(create_app("error.db")))
    expect(
        "Engines that are open when an error ends the app",
        seen=engines.still_open(),
        expected=0,
        why="The error comes out of the yield and skips plain code below it, so the engine "
        "stays open just when something else has gone wrong.",
    )


def test_an_app_that_starts_again_opens_a_new_core(engines: Engines) -> None:
    app = create_app("again.db")
    with TestClient(app):
        pass
    with TestClient(app) as client:
        engine = core_of(client).engine
        seen = "closed at the first end" if engine in engines.closed else "open"
    expect(
        "The engine of an app that was stopped and started again",
        seen=seen,
        expected="open",
        why="A core lives from one start to one end. Tests start the same app many times.",
    )
