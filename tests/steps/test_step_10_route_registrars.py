"""Step 10: handlers register their own routes, and the service starts and stops itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_type, cast

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from steps.domain.entities import User
from steps.domain.errors import ConfigurationError, InvalidApiKey, UserNotFound
from steps.domain.urls import sqlite_url
from steps.step_10_route_registrars import __main__ as program
from steps.step_10_route_registrars.app import App
from steps.step_10_route_registrars.bucket_handler import BucketHandler
from steps.step_10_route_registrars.config import Config
from steps.step_10_route_registrars.main import RouteRegistrar, create_app, make_handlers
from steps.step_10_route_registrars.services import UserService
from steps.step_10_route_registrars.user_handler import UserHandler
from steps.web.errors import install_error_handlers
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_10 import shutdown_under_load
from steps.workbook.experiments.step_10.shutdown_under_load import PEOPLE, Shutdown
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork, AsyncPlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import serve_module
from steps.workbook.world.stopping import closings_in
from tests.often_said import often_said
from tests.steps.early_signal import exit_code_and_closings

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}
STEP = find_step(10)
PATIENCE_S = 30
WRONG = {
    "AWS_PROFILE": "nobody",
    "AWS_DEFAULT_REGION": "no region",
    "DATABASE_URL": "mysql://accounts:hunter2@db/accounts",
    "DB_ECHO": "hunter2",
    "S3_ENDPOINT_URL": "http://accounts:hunter2@s3",
    "PORT": "hunter2",
}

OPENED = ["engine 1 opened", "S3 client 1 opened"]
CLOSED = ["S3 client 1 closed", "engine 1 closed"]


def run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


# Handlers


class Greeter:
    """A handler of another module: it names no class of ours."""

    def register_routes(self, router: APIRouter) -> None:
        router.get("/greeting")(self.greet)

    def greet(self) -> str:
        return "hello"


@often_said(
    "A handler has to inherit from `RouteRegistrar`.",
    "never held",
    "Whatever has its method fits the protocol.",
    step=10,
)
def test_whatever_registers_routes_is_a_route_registrar() -> None:
    app = FastAPI()
    registrar: RouteRegistrar = Greeter()

    registrar.register_routes(app.router)

    assert TestClient(app).get("/greeting").json() == "hello"


def test_an_app_has_the_routes_of_its_handlers_and_no_others() -> None:
    def never() -> App:
        raise AssertionError("nothing is called before a request")

    handlers, router = make_handlers(never), APIRouter()
    assert_type(handlers, tuple[RouteRegistrar, ...])
    for handler in handlers:
        handler.register_routes(router)

    paths = [route.path for route in cast(list[Any], router.routes)]
    assert len(paths) == 7
    assert set(paths) == set(create_app().openapi()["paths"])


class FamousUsers:
    """A use case that needs nothing."""

    async def get_user(self, user_id: int) -> User:
        if user_id != 7:
            raise UserNotFound
        return User(user_id, "knuth@example.com", "no hash")


@often_said(
    "A handler is tested with the whole app.",
    "depends",
    "With constructors it works on any use case, and nothing else is opened.",
    step=10,
)
def test_a_handler_works_without_the_app_with_any_use_case(recording: Recording) -> None:
    app = FastAPI()
    UserHandler(lambda: cast(UserService, FamousUsers())).register_routes(app.router)

    answer = TestClient(app).get("/users/7")

    assert answer.json() == {"id": 7, "email": "knuth@example.com"}
    assert recording.of_kind("engine", "S3 client") == []


def test_a_handler_signs_up_in_memory_as_in_a_database(recording: Recording) -> None:
    app, unit_of_work = FastAPI(), AsyncInMemoryUnitOfWork()
    service = UserService(unit_of_work, AsyncPlainHasher())
    UserHandler(lambda: service).register_routes(app.router)

    assert TestClient(app).post("/users", json=ADA).status_code == 201
    assert [event.action for event in unit_of_work.audit_events] == ["signed up"]
    assert recording.of_kind("engine", "S3 client") == []


def test_a_handler_asks_for_the_key_in_the_way_that_it_is_given() -> None:
    async def ask_for_tea(key: str | None = None) -> None:
        if key != "tea":
            raise InvalidApiKey

    names: list[str] = []
    buckets = SimpleNamespace(list_names=lambda: names, add=names.append)
    app = FastAPI()
    install_error_handlers(app)
    handler = BucketHandler(lambda: cast(Any, buckets), ask_for_tea)
    handler.register_routes(app.router)
    client = TestClient(app)

    for key, status in [("coffee", 401), ("tea", 201)]:
        answer = client.post(f"/buckets?key={key}", json={"name": f"photos-{key}"})
        assert answer.status_code == status
    assert client.get("/buckets").json() == ["photos-tea"]


# Routes come before the start


def test_before_the_start_the_routes_are_there_and_say_that_nothing_is_open() -> None:
    app = create_app()

    client = TestClient(app)  # without `with`: no lifespan
    with pytest.raises(AttributeError, match="application"):
        client.get("/health")


def answers_to_all_calls(client: TestClient, key: str) -> list[int]:
    """Reach the use case, the engine, the buckets and the key: one call at least for each."""
    answers = [
        client.post("/users", json=ADA),
        client.get("/users/1/events"),
        client.get("/health"),
        client.post("/buckets", json={"name": "photos"}, headers={"X-API-Key": key}),
        client.get("/buckets"),
    ]
    return [answer.status_code for answer in answers]


def test_an_app_that_starts_again_keeps_its_routes_and_reaches_only_what_is_open(
    recording: Recording, tmp_path: Path
) -> None:
    """A disposed engine would connect anew: so what the first start used is gone at the second."""
    app, gone = create_app(), tmp_path / "gone"
    routes = list(app.router.routes)
    gone.mkdir()
    first = {
        "DATABASE_URL": sqlite_url(gone / "accounts.db"),
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "API_KEY": "first",
    }
    with variables(first), TestClient(app) as client:
        assert answers_to_all_calls(client, "first") == [201, 200, 200, 503, 503]
    shutil.rmtree(gone)
    with variables({"API_KEY": "second"}), TestClient(app) as client:
        assert answers_to_all_calls(client, "second") == [201, 200, 200, 201, 200]

    assert all(now is then for now, then in zip(app.router.routes, routes, strict=True))
    assert recording.count("engine", "opened") == recording.count("engine", "closed") == 2


def test_the_commit_comes_before_the_answer(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.post("/users", json=ADA)

    assert recording.order("transaction 1 commits", "transaction 1 ends", "response 1 starts")


# The program: how it starts, and how it ends


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with variables({"PORT": port}), pytest.raises(ConfigurationError, match=r"^PORT: [^\n]+$"):
        Config.from_env()


def test_without_a_port_it_is_8000() -> None:
    with variables({"PORT": None}):
        assert Config.from_env().port == 8000


def test_to_import_the_app_reads_and_opens_nothing() -> None:
    script = f"""
from steps.infrastructure.announcements import listeners
listeners.append(lambda *what: print(*what))
import {STEP.package}.main, {STEP.package}.__main__
print(type({STEP.package}.main.app).__name__, len({STEP.package}.main.app.state._state))
"""
    finished = run("-c", script, environment=WRONG)

    assert finished.stdout == "FastAPI 0\n", finished.stderr


def test_the_program_ends_with_2_and_one_line_for_each_wrong_variable() -> None:
    finished = run("-m", STEP.package, environment=WRONG)

    assert finished.returncode == 2
    assert len(finished.stderr.splitlines()) == len(WRONG)
    assert "hunter2" not in finished.stdout + finished.stderr


def test_a_program_whose_database_does_not_answer_ends_with_3_and_closes_what_it_had() -> None:
    broken = {"DATABASE_URL": "sqlite:////no/such/folder/accounts.db", "PORT": "0"}

    finished = run("-m", STEP.package, environment=broken)

    assert finished.returncode == 3
    assert "ERROR: DATABASE_URL: unable to open database file" in finished.stderr
    assert closings_in(finished.stderr.splitlines()) == ["engine"]
    assert "Traceback" not in finished.stderr


# SIGTERM under load


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with ExitStack() as stack:
        if request.param == "SQLite":
            yield stack.enter_context(new_database())
        else:
            server_url = request.getfixturevalue("postgresql_url")
            yield stack.enter_context(new_postgresql_database(server_url))


def assert_that_nothing_was_lost(shutdown: Shutdown) -> None:
    assert shutdown.sign_ups.with_outcome(201) == shutdown.emails
    assert closings_in(shutdown.lines) == ["S3 client", "engine"]
    assert shutdown.exit_code == 0


@often_said(
    "A shutdown loses requests in flight.",
    "never held",
    "Fifty sign-ups in flight are answered 201 and kept, on SQLite and on PostgreSQL, with "
    "requests that end within three seconds.",
    step=10,
)
def test_fifty_sign_ups_that_are_in_flight_when_the_signal_arrives_are_all_answered(
    database_url: str,
) -> None:
    shutdown = shutdown_under_load.hold_fifty(database_url)

    assert len(shutdown.emails) == PEOPLE
    assert_that_nothing_was_lost(shutdown)


def test_whoever_comes_while_the_server_stops_is_answered_or_finds_no_connection(
    database_url: str,
) -> None:
    """A port that closes resets the connections that nobody has accepted: a ReadError."""
    shutdown = shutdown_under_load.go_on_until_refused(database_url)

    outcomes = set(shutdown.sign_ups.outcomes.values())
    assert outcomes <= {201, "ConnectError", "ReadError", "RemoteProtocolError"}
    assert len(shutdown.sign_ups.outcomes) > PEOPLE
    assert_that_nothing_was_lost(shutdown)


@often_said(
    "A shutdown waits for every request.",
    "depends",
    "Step 10's program cuts off a request that never ends, and closes everything even so.",
    step=10,
)
def test_a_request_that_never_ends_is_cut_off_and_all_is_closed_even_so() -> None:
    with new_database() as database_url:
        shutdown = shutdown_under_load.hold_one_for_ever(database_url)

    assert set(shutdown.sign_ups.outcomes.values()) <= {500, "RemoteProtocolError", "ReadError"}
    assert shutdown.emails == set()
    assert_that_nothing_was_lost(shutdown)


def test_requests_have_three_seconds_to_end_so_that_all_is_closed_within_five() -> None:
    """To notice that none is left, to close and to end may take more than a second."""
    assert program.GRACE_S == 3


def test_a_signal_before_the_server_runs_stops_it_and_one_after_it_changes_nothing() -> None:
    assert exit_code_and_closings(STEP.package) == (0, ["S3 client", "engine"])


def test_a_server_that_nobody_uses_ends_with_0_and_logs_no_secret() -> None:
    secrets = {"API_KEY": "hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2", "PORT": "0"}
    with serve_module([STEP.package], environment=secrets) as server:
        httpx2.get(f"{server.url}/buckets", headers={"X-API-Key": "hunter2"}, trust_env=False)
        assert server.url.startswith("http://127.0.0.1:")
        assert not server.url.endswith(":8000")  # any free port, and not the default
        assert server.stop() == 0

    assert closings_in(server.lines) == ["S3 client", "engine"]
    assert "hunter2" not in "\n".join(server.lines)


# What it leaves


def test_flaw_every_use_case_runs_behind_http_only() -> None:
    """The program takes no command: it serves, whatever it is told."""
    refused = run("-m", STEP.package, "users", "list", environment={"PORT": "x"})

    assert refused.returncode == 2
    assert refused.stderr.startswith("PORT: ")
