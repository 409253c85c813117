"""Steps 05 to 08: the lifespan opens a container, and wires it to its own app's accessors."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import anyio
import anyio.to_thread
import boto3
import pytest
from botocore.exceptions import NoRegionError
from dependency_injector.errors import Error
from dependency_injector.providers import Dependency, Factory, ThreadSafeSingleton
from dependency_injector.wiring import Provide, UnresolvedMarkerWarning, inject
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, event

from steps.domain.entities import User
from steps.domain.errors import ConfigurationError
from steps.domain.settings import Settings, load_settings
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import new_database, variables

WITH_A_CONTAINER = [step for step in STEPS if 5 <= step.number <= 8]
FIRST_ASYNC_STEP = 8

pytestmark = [
    pytest.mark.usefixtures("own_database", "no_s3", "quick_hashing"),
    pytest.mark.parametrize("step", WITH_A_CONTAINER, ids=lambda step: step.name),
]

ADA = {"email": "ada@example.com", "password": "correct horse"}


class NoS3:
    """A client of an empty S3. A real one takes longer than all else at the start of an app."""

    def list_buckets(self) -> dict[str, list[dict[str, str]]]:
        return {"Buckets": []}

    def close(self) -> None: ...


@pytest.fixture
def own_database() -> Iterator[None]:
    with new_database():
        yield


@pytest.fixture
def no_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(client=lambda *_, **__: NoS3())
    monkeypatch.setattr(boto3, "Session", lambda: session)


def module(step: Step, name: str) -> Any:
    return import_module(f"{step.package}.{name}")


def app_with(step: Step, settings: Any) -> FastAPI:
    app: FastAPI = module(step, "main").create_app(settings)
    return app


def app_on(step: Step, database: Path) -> FastAPI:
    return app_with(step, Settings(database_url=SecretStr(f"sqlite:///{database.as_posix()}")))


def sync_engine_of(container: Any) -> Engine:
    """Return the engine itself, or the one inside an AsyncEngine."""
    engine: Engine = getattr(container.engine(), "sync_engine", container.engine())
    return engine


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
def test_at_the_end_all_is_closed_and_the_accessors_reach_the_container_no_more(
    error: Exception | None, step: Step, recording: Recording
) -> None:
    app = step.create_app()
    with ExitStack() as stack:
        if error:
            stack.enter_context(pytest.raises(RuntimeError, match="the app fails"))
        anyio.run(live, app, error)

    accessors = app.state.accessors
    assert recording.order("S3 client 1 closed", "engine 1 closed")
    assert recording.left_open() == []
    assert repr(accessors.settings()) == "Provide['settings']"  # the mark, nothing in its place
    assert repr(accessors.bucket_repository()) == "Provide['bucket_repository']"


# The settings come in once


def test_an_app_has_the_settings_that_it_is_given(step: Step, tmp_path: Path) -> None:
    path = tmp_path / "given.db"
    app = app_on(step, path)

    with TestClient(app):
        assert app.state.container.settings() is app.state.accessors.settings()
        assert Path(app.state.container.engine().url.database) == path


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


# What the container keeps


def test_engine_session_factory_and_s3_client_are_one_object_for_all_threads(step: Step) -> None:
    container = module(step, "container").Container(settings=load_settings())
    kept = (container.engine, container.session_factory, container.s3_client)

    assert [type(provider) for provider in kept] == [ThreadSafeSingleton] * 3
    assert all(provider() is provider() for provider in kept)
    assert container.session_factory().kw["bind"] is container.engine()
    sync_engine_of(container).dispose()


def test_what_has_no_state_is_made_anew_each_time(step: Step) -> None:
    container = module(step, "container").Container(settings=load_settings())
    made = (container.password_hasher, container.bucket_repository)

    assert all(provider() is not provider() for provider in made)


# Wiring


@inject
def misspelled(service: object = Provide["user_servise"]) -> object:
    return service


def test_a_wrong_name_in_an_accessor_warns_when_the_app_starts(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misspelled_accessors() -> Any:
        accessors = module(step, "accessors").Accessors()
        accessors.misspelled = misspelled
        return accessors

    monkeypatch.setattr(module(step, "main"), "Accessors", misspelled_accessors)

    with (
        pytest.warns(UnresolvedMarkerWarning, match="service in misspelled"),
        TestClient(step.create_app()),
    ):
        pass


class FamousUsers:
    """Finds a user whom nobody has signed up."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def get(self, user_id: int) -> User:
        return User(user_id, "knuth@example.com", "no hash")


class AsyncFamousUsers(FamousUsers):
    async def get(self, user_id: int) -> User:  # type: ignore[override]
        return super().get(user_id)


def test_neither_users_nor_overrides_of_an_app_reach_the_other(step: Step, tmp_path: Path) -> None:
    one, two = app_on(step, tmp_path / "one.db"), app_on(step, tmp_path / "two.db")
    famous_users = FamousUsers if step.number < FIRST_ASYNC_STEP else AsyncFamousUsers

    with TestClient(one) as first, TestClient(two) as second:
        assert first.post("/users", json=ADA).status_code == 201
        assert second.get("/users/1").status_code == 404
        assert second.post("/users", json=ADA).status_code == 201

        for app, client, other in [(one, first, second), (two, second, first)]:
            with app.state.container.user_repository.override(Factory(famous_users)):
                assert client.get("/users/7").status_code == 200
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


# What a request costs

REQUESTS = ("POST /users", "GET /users/1", "GET /buckets", "GET /health")
HOPS = {
    5: (4, 4, 2, 4),  # a session is opened and closed, except for /buckets
    6: (2, 2, 2, 2),  # the endpoint runs, and its answer is checked
    7: (2, 2, 2, 2),
    8: (1, 0, 2, 0),  # a password is hashed; S3 blocks, and its endpoint with it
}


def test_a_request_hops_to_a_thread_as_often_as_this(
    step: Step,
) -> None:
    hops = []
    with TestClient(step.create_app()) as client:
        for request in REQUESTS:
            method, path = request.split()
            body = ADA if method == "POST" else None
            with patch("anyio.to_thread.run_sync", wraps=anyio.to_thread.run_sync) as run_sync:
                client.request(method, path, json=body).raise_for_status()
            hops.append(run_sync.await_count)

    assert tuple(hops) == HOPS[step.number]


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
