"""Where the lifespan opens a container, each request finds that of its own app, by `app.state`."""

from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import boto3
import pytest
from botocore.exceptions import NoRegionError
from dependency_injector import wiring
from dependency_injector.errors import Error
from dependency_injector.providers import BaseSingleton, Dependency, Factory, ThreadSafeSingleton
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, event
from starlette.requests import HTTPConnection

from steps.domain.entities import User
from steps.domain.errors import ConfigurationError
from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from tests.often_said import often_said

WITH_A_CONTAINER = [step for step in STEPS if step.has("container")]

pytestmark = [
    pytest.mark.usefixtures("own_database", "no_s3", "quick_hashing"),
    pytest.mark.parametrize("step", WITH_A_CONTAINER, ids=lambda step: step.name),
]

ADA = {"email": "ada@example.com", "password": "correct horse"}
KNUTH = User(7, "knuth@example.com", "no hash")
KNUTH_SENT = {"id": 7, "email": "knuth@example.com"}


def module(step: Step, name: str) -> Any:
    return import_module(f"{step.package}.{name}")


def app_with(step: Step, settings: Any) -> FastAPI:
    app: FastAPI = module(step, "main").create_app(settings)
    return app


def app_on(step: Step, database: Path) -> FastAPI:
    return app_with(step, Settings(database_url=SecretStr(sqlite_url(database))))


def sync_engine_of(container: Any) -> Engine:
    """Return the engine itself, or the one inside an AsyncEngine."""
    engine: Engine = getattr(container.engine(), "sync_engine", container.engine())
    return engine


class FamousUsers:
    """Finds a user whom nobody has signed up. A repository of them, and a service, too."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def get(self, user_id: int) -> User:
        return KNUTH

    def get_user(self, user_id: int) -> User:
        return KNUTH


class AsyncFamousUsers:
    def __init__(self, *_: object, **__: object) -> None: ...

    async def get(self, user_id: int) -> User:
        return KNUTH

    async def get_user(self, user_id: int) -> User:
        return KNUTH


def famous_users(step: Step) -> type[FamousUsers | AsyncFamousUsers]:
    return AsyncFamousUsers if step.is_async else FamousUsers


# The lifespan opens and closes what the container keeps


def test_they_open_before_the_first_request_and_close_after_the_last_in_reverse_order(
    step: Step, recording: Recording
) -> None:
    with TestClient(recording.wrap(step.create_app())) as client:
        client.get("/health").raise_for_status()
        client.get("/buckets").raise_for_status()

    opened = ["engine 1 opened", "S3 client 1 opened"]
    closed = ["S3 client 1 closed", "engine 1 closed"]
    assert recording.of_kind("engine", "S3 client") == [*opened, *closed]
    assert recording.of_request(None)[0] == "engine 1 opened"
    assert recording.order(*opened, "request begins")
    assert recording.order("request ends", *closed)


def test_the_engine_of_a_database_that_does_not_answer_is_closed(
    step: Step, recording: Recording
) -> None:
    with (
        variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}),
        pytest.raises(ConfigurationError, match="DATABASE_URL"),
        TestClient(step.create_app()),
    ):
        pass

    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


def test_the_engine_is_closed_when_the_s3_client_fails_to_open(
    step: Step, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise NoRegionError

    monkeypatch.setattr(boto3, "Session", fail)

    with pytest.raises(ConfigurationError, match="S3"), TestClient(step.create_app()):
        pass

    assert recording.count("engine", "opened") == 1
    assert recording.left_open() == []


async def live(app: FastAPI, error: Exception | None) -> None:
    async with app.router.lifespan_context(app):
        if error:
            raise error


@pytest.mark.parametrize("error", [None, RuntimeError("the app fails")], ids=["shutdown", "error"])
def test_at_the_end_of_the_app_all_is_closed(
    error: Exception | None, step: Step, recording: Recording
) -> None:
    with ExitStack() as stack:
        if error:
            stack.enter_context(pytest.raises(RuntimeError, match="the app fails"))
        anyio.run(live, step.create_app(), error)

    assert recording.order("S3 client 1 closed", "engine 1 closed")
    assert recording.left_open() == []


# The settings come in once


def test_an_app_has_the_settings_that_it_is_given(step: Step, tmp_path: Path) -> None:
    settings = Settings(database_url=SecretStr(sqlite_url(tmp_path / "given.db")))
    app = app_with(step, settings)

    with TestClient(app):
        assert app.state.container.settings() is settings
        assert Path(app.state.container.engine().url.database) == tmp_path / "given.db"


def test_what_nobody_hands_in_stops_the_start_before_anything_opens(
    step: Step, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    container_module = module(step, "container")
    needs_a_clock = type("NeedsAClock", (container_module.Container,), {"clock": Dependency()})
    monkeypatch.setattr(container_module, "Container", needs_a_clock)

    with (
        pytest.raises(Error, match=r"undefined dependencies: .*clock"),
        TestClient(step.create_app()),
    ):
        pass

    assert recording.events == []


def test_settings_of_another_type_are_refused_before_anything_opens(
    step: Step, recording: Recording
) -> None:
    lookalike = SimpleNamespace(**load_settings().model_dump())

    with pytest.raises(Error, match="is not an instance of"), TestClient(app_with(step, lookalike)):
        pass

    assert recording.events == []


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "DB_ECHO"])
def test_a_setting_that_cannot_be_stops_the_start_before_anything_opens(
    name: str, step: Step, recording: Recording
) -> None:
    with (
        variables({name: "nonsense"}),
        pytest.raises(ConfigurationError, match=name),
        TestClient(step.create_app()),
    ):
        pass

    assert recording.events == []


# What the container keeps


def test_every_singleton_is_one_object_for_all_threads(step: Step) -> None:
    container = module(step, "container").Container(settings=load_settings())
    kept = {n: p for n, p in container.providers.items() if isinstance(p, BaseSingleton)}

    assert kept.keys() >= {"engine", "s3_client"}
    assert {type(provider) for provider in kept.values()} == {ThreadSafeSingleton}
    assert all(provider() is provider() for provider in kept.values())
    if "session_factory" in kept:
        assert container.session_factory().kw["bind"] is container.engine()
    sync_engine_of(container).dispose()


def test_a_hasher_is_made_once_and_what_is_made_for_a_request_each_time(step: Step) -> None:
    container = module(step, "container").Container(settings=load_settings())

    assert container.password_hasher() is container.password_hasher()
    assert container.bucket_repository() is not container.bucket_repository()


# How a request finds it


def test_a_request_finds_the_container_of_its_own_app(step: Step, tmp_path: Path) -> None:
    get_container = module(step, "dependencies").get_container
    one, two = app_on(step, tmp_path / "one.db"), app_on(step, tmp_path / "two.db")

    with TestClient(one), TestClient(two):
        for app in (one, two):
            request = HTTPConnection({"type": "http", "app": app})
            assert anyio.run(get_container, request) is app.state.container
        assert one.state.container is not two.state.container


def test_a_provider_is_overridden_like_any_dependency(step: Step) -> None:
    app = step.create_app()
    get_user_service = module(step, "dependencies").get_user_service

    with TestClient(app) as client:
        app.dependency_overrides[get_user_service] = lambda: famous_users(step)()
        assert client.get("/users/7").json() == KNUTH_SENT
        app.dependency_overrides.clear()
        assert client.get("/users/7").status_code == 404


@often_said(
    "With a container, the whole graph is replaced at once.",
    "holds",
    "An override of the provider that returns the container makes an app serve the users of "
    "another one.",
    step=5,
)
def test_another_container_in_place_of_the_apps_replaces_the_whole_graph(
    step: Step, tmp_path: Path
) -> None:
    one, two = app_on(step, tmp_path / "one.db"), app_on(step, tmp_path / "two.db")
    get_container = module(step, "dependencies").get_container

    with TestClient(one) as first, TestClient(two) as second:
        assert second.post("/users", json=ADA).status_code == 201
        one.dependency_overrides[get_container] = lambda: two.state.container

        assert first.get("/users/1").json()["email"] == ADA["email"]


def test_neither_users_nor_overrides_of_an_app_reach_the_other(step: Step, tmp_path: Path) -> None:
    one, two = app_on(step, tmp_path / "one.db"), app_on(step, tmp_path / "two.db")

    with TestClient(one) as first, TestClient(two) as second:
        assert first.post("/users", json=ADA).status_code == 201
        assert second.get("/users/1").status_code == 404
        assert second.post("/users", json=ADA).status_code == 201

        for app, client, other in [(one, first, second), (two, second, first)]:
            with app.state.container.user_repository.override(Factory(famous_users(step))):
                assert client.get("/users/7").json() == KNUTH_SENT
                assert other.get("/users/7").status_code == 404


@pytest.mark.parametrize("stops", ["first", "second"])
def test_an_app_goes_on_when_the_other_one_stops(step: Step, stops: str, tmp_path: Path) -> None:
    with ExitStack() as one, ExitStack() as two:
        clients = [
            stack.enter_context(TestClient(app_on(step, tmp_path / name)))
            for stack, name in [(one, "one.db"), (two, "two.db")]
        ]
        (one if stops == "first" else two).close()
        goes_on = clients[1 if stops == "first" else 0]

        assert goes_on.post("/users", json=ADA).status_code == 201
        assert goes_on.get("/health").status_code == goes_on.get("/buckets").status_code == 200


# What a request asks


def test_health_asks_the_database_each_time(step: Step) -> None:
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    app = step.create_app()
    with TestClient(app) as client:
        event.listen(sync_engine_of(app.state.container), "before_cursor_execute", note)
        for _ in range(2):
            client.get("/health").raise_for_status()

    assert statements == ["SELECT 1"] * 2


# Nothing is wired


def wired() -> dict[str, object]:
    """Return what dependency-injector has wired in this process: it keeps one list for all."""
    registry = wiring._patched_registry
    return {
        "attributes": set(registry._attributes),
        "functions": {
            function: (dict(patched.injections), dict(patched.closing))
            for function, patched in registry._callables.items()
        },
    }


def test_two_apps_leave_nothing_in_the_librarys_registries(step: Step, tmp_path: Path) -> None:
    before = wired()

    for name in ("one.db", "two.db"):
        app = app_on(step, tmp_path / name)
        with TestClient(app) as client:
            client.post("/users", json=ADA).raise_for_status()
            assert app.state.container.wired_to_modules == []
            assert wired() == before

    assert wired() == before
    functions = wiring._patched_registry._callables
    assert not [f for f in functions if f.__module__.startswith(step.package)]
    assert not wiring.is_loader_installed()
