"""Step 09: two tiers by hand, checked as a whole, opened in order and closed in reverse."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_type, cast

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain.entities import User
from steps.domain.errors import ConfigurationError, UserNotFound
from steps.domain.schemas import NewUser
from steps.infrastructure.object_storage import S3Client
from steps.step_09_two_tiers import __main__ as program
from steps.step_09_two_tiers import infra as infra_module
from steps.step_09_two_tiers import main as main_module
from steps.step_09_two_tiers.app import App, RouteRegistrar
from steps.step_09_two_tiers.bucket_handler import BucketHandler
from steps.step_09_two_tiers.config import Config
from steps.step_09_two_tiers.infra import InfraContainer
from steps.step_09_two_tiers.main import create_app
from steps.step_09_two_tiers.services import UserService
from steps.step_09_two_tiers.user_handler import UserHandler
from steps.workbook.experiments.step_10 import two_tier_shutdown
from steps.workbook.experiments.step_10.two_tier_shutdown import PEOPLE, Shutdown, closings_in
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork, AsyncPlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import serve_module
from tests.steps.early_signal import exit_code_and_closings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("environment", "quick_hashing")]

ADA = {"email": "ada@example.com", "password": "correct horse"}
PATIENCE_S = 30
MODULE = "steps.step_09_two_tiers"
SECRETS = ("hunter2", "key-of-the-bucket-maker", "aws-secret")

OPENED = ["engine 1 opened", "S3 client 1 opened"]
CLOSED = ["S3 client 1 closed", "engine 1 closed"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def infra() -> AsyncIterator[InfraContainer]:
    infra = await InfraContainer.open(Config.from_env())
    yield infra
    await infra.close()


def events_of(recording: Recording) -> list[str]:
    return recording.of_kind("engine", "S3 client")


def app_on(database: Path) -> FastAPI:
    return create_app(Config(database_url=SecretStr(f"sqlite:///{database.as_posix()}")))


def run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


# The configuration: all of it, before anything opens

WRONG = {
    "AWS_PROFILE": "nobody",
    "AWS_DEFAULT_REGION": "no region",
    "DATABASE_URL": "mysql://accounts:hunter2@db/accounts",
    "DB_ECHO": "hunter2",
    "S3_ENDPOINT_URL": "http://accounts:hunter2@s3",
    "PORT": "hunter2",
}


def test_all_that_is_wrong_is_told_together_before_anything_opens(recording: Recording) -> None:
    with (
        variables(WRONG),
        pytest.raises(ConfigurationError) as caught,
        TestClient(create_app()),
    ):
        pass

    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == list(WRONG)
    assert "hunter2" not in str(caught.value)
    assert events_of(recording) == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DATABASE_URL", "nonsense", "this is not a URL of a database"),
        ("DATABASE_URL", "sqlite:///:memory:", "every connection needs the same file, not memory"),
        ("DATABASE_URL", "sqlite:///a.db?timeout=soon", "no engine can be made of this URL"),
        ("S3_ENDPOINT_URL", "http://object_storage:9000", "boto3 refuses this URL"),
        ("AWS_DEFAULT_REGION", "no region", "this cannot be the name of a region"),
        ("AWS_PROFILE", "nobody", "there is no such profile"),
        ("AWS_CONFIG_FILE", __file__, "S3: Unable to parse config file"),
        ("AWS_SHARED_CREDENTIALS_FILE", __file__, "S3: Unable to parse config file"),
        ("AWS_SECRET_ACCESS_KEY", None, "S3: Partial credentials found in env"),
        ("AWS_RETRY_MODE", "bogus", 'S3: Invalid value provided to "mode": "bogus"'),
        ("AWS_DEFAULTS_MODE", "bogus", "S3: Client configured with invalid defaults mode: bogus"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "bogus", "S3: Unsupported configuration value for"),
        ("PORT", "65536", "Input should be less than 65536"),
    ],
)
def test_what_the_libraries_would_refuse_later_is_refused_now(
    name: str, value: str | None, line: str, recording: Recording
) -> None:
    region = {"AWS_DEFAULT_REGION": None} if name == "AWS_CONFIG_FILE" else {}
    with variables({**region, name: value}), pytest.raises(ConfigurationError) as caught:
        Config.from_env()

    (told,) = str(caught.value).splitlines()
    assert told.startswith(line) if line.startswith("S3: ") else told == f"{name}: {line}"
    assert events_of(recording) == []


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_a_file_that_boto3_cannot_read_does_not_hide_what_else_is_wrong(name: str) -> None:
    wrong = {"AWS_DEFAULT_REGION": None, name: __file__, "DB_ECHO": "perhaps", "PORT": "-1"}
    with variables(wrong), pytest.raises(ConfigurationError) as caught:
        Config.from_env()

    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["S3", "DB_ECHO", "PORT"]


def test_what_is_not_set_has_a_default() -> None:
    unset = ("DATABASE_URL", "S3_ENDPOINT_URL", "API_KEY", "PORT", "AWS_DEFAULT_REGION")
    with variables(dict.fromkeys(unset)):
        config = Config.from_env()

    assert config.database_url.get_secret_value().endswith("/accounts.db")
    assert (config.api_key, config.port) == (None, 8000)


def test_a_configuration_does_not_change_and_shows_no_secret() -> None:
    with variables({"DATABASE_URL": "postgresql+psycopg://ada:hunter2@db/x", "API_KEY": "hunter2"}):
        config = Config.from_env()

    assert "hunter2" not in f"{config!r} {config} {config.model_dump_json()}"
    with pytest.raises(ValidationError, match="frozen"):
        config.port = 1  # type: ignore[misc]


def test_to_import_the_app_reads_and_opens_nothing() -> None:
    script = f"""
from steps.infrastructure.announcements import listeners
listeners.append(lambda *what: print(*what))
import {MODULE}.main, {MODULE}.__main__
print(type({MODULE}.main.app).__name__, len({MODULE}.main.app.state._state))
"""
    finished = run("-c", script, environment=WRONG)

    assert finished.stdout == "FastAPI 0\n", finished.stderr


def test_the_program_ends_with_2_and_one_line_for_each_wrong_variable() -> None:
    finished = run("-m", MODULE, environment=WRONG)

    assert finished.returncode == 2
    assert len(finished.stderr.splitlines()) == len(WRONG)
    assert "hunter2" not in finished.stdout + finished.stderr


def test_a_program_whose_database_does_not_answer_ends_with_3_and_closes_what_it_had() -> None:
    broken = {"DATABASE_URL": "sqlite:////no/such/folder/accounts.db", "PORT": "0"}

    finished = run("-m", MODULE, environment=broken)

    assert finished.returncode == 3
    assert "ERROR: DATABASE_URL: unable to open database file" in finished.stderr
    assert closings_in(finished.stderr.splitlines()) == ["engine"]
    assert "Traceback" not in finished.stderr


# The infrastructure: in order, in reverse, whatever fails


async def test_it_opens_in_order_and_closes_in_reverse(recording: Recording) -> None:
    infra = await InfraContainer.open(Config.from_env())
    assert events_of(recording) == OPENED

    await infra.close()
    assert events_of(recording) == OPENED + CLOSED


def test_an_app_opens_before_the_first_request_and_closes_after_the_last(
    recording: Recording,
) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.get("/health").raise_for_status()

    assert events_of(recording) == OPENED + CLOSED
    assert recording.order(*OPENED, "request begins")
    assert recording.order("request ends", *CLOSED)


async def test_what_is_open_is_closed_when_the_database_does_not_answer(
    recording: Recording,
) -> None:
    with (
        variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}),
        pytest.raises(ConfigurationError, match="unable to open database file"),
    ):
        await InfraContainer.open(Config.from_env())

    assert events_of(recording) == ["engine 1 opened", "engine 1 closed"]


async def test_what_is_open_is_closed_when_the_s3_client_fails_to_open(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Config) -> None:
        raise ConfigurationError("S3: no room")

    monkeypatch.setattr(infra_module, "open_s3_client", fail)

    with pytest.raises(ConfigurationError, match="no room"):
        await InfraContainer.open(Config.from_env())

    assert events_of(recording) == ["engine 1 opened", "engine 1 closed"]


class CannotBePutTogether(Exception):
    """What an app raises that cannot be made."""


def test_what_is_open_is_closed_when_the_app_cannot_be_put_together(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: InfraContainer) -> None:
        raise CannotBePutTogether

    monkeypatch.setattr(main_module, "App", fail)

    with pytest.raises(CannotBePutTogether), TestClient(create_app()):
        pass

    assert events_of(recording) == OPENED + CLOSED


async def test_what_is_open_is_closed_when_the_opening_is_cancelled(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def connect_for_ever(_: AsyncEngine) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(infra_module, "check_async_database", connect_for_ever)
    opening = asyncio.create_task(InfraContainer.open(Config.from_env()))
    await connecting.wait()
    opening.cancel()

    with pytest.raises(asyncio.CancelledError):
        await opening
    assert events_of(recording) == ["engine 1 opened", "engine 1 closed"]


class CannotClose(Exception):
    """What a part raises that fails to close."""


@pytest.fixture
def s3_client_cannot_close(monkeypatch: pytest.MonkeyPatch) -> None:
    def close(_: S3Client) -> None:
        raise CannotClose("S3 client")

    monkeypatch.setattr(infra_module, "close_s3_client", close)


@pytest.mark.usefixtures("s3_client_cannot_close")
async def test_a_part_that_fails_to_close_does_not_keep_the_others_open(
    recording: Recording,
) -> None:
    infra = await InfraContainer.open(Config.from_env())

    with pytest.raises(CannotClose, match="S3 client"):
        await infra.close()

    assert events_of(recording) == [*OPENED, "engine 1 closed"]


@pytest.mark.usefixtures("s3_client_cannot_close")
async def test_of_two_that_fail_to_close_neither_error_is_lost(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """ExitStack raises the last one. From Python 3.9 to 3.13 at least, it forgets the others."""

    async def dispose(_: AsyncEngine) -> None:
        raise CannotClose("engine")

    with monkeypatch.context() as patched:
        patched.setattr(AsyncEngine, "dispose", dispose)
        infra = await InfraContainer.open(Config.from_env())
        with pytest.raises(CannotClose, match="engine"):
            await infra.close()

    assert caplog.messages == ["The S3 client did not close", "The engine did not close"]
    await infra.engine.dispose()


async def test_closing_twice_and_at_once_closes_each_part_once(recording: Recording) -> None:
    infra = await InfraContainer.open(Config.from_env())

    await asyncio.gather(infra.close(), infra.close())
    await infra.close()

    assert sorted(events_of(recording)) == sorted(OPENED + CLOSED)


async def test_it_tells_in_the_log_what_it_closes(caplog: pytest.LogCaptureFixture) -> None:
    infra = await InfraContainer.open(Config.from_env())
    with caplog.at_level("INFO", infra_module.__name__):
        await infra.close()

    assert caplog.messages == ["Closing the S3 client", "Closing the engine"]


async def test_no_representation_shows_a_secret() -> None:
    secrets = {"API_KEY": "hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    with variables(secrets):
        infra = await InfraContainer.open(Config.from_env())
        app = App(infra)
        await infra.close()

    shown = [infra, infra.engine, infra.s3_client, app, vars(app), *map(vars, app.handlers)]
    assert "hunter2" not in "".join(map(repr, shown))


# The application: adapters, use cases, handlers


class Greeter:
    """A handler of another module: it names no class of ours."""

    def register_routes(self, router: APIRouter) -> None:
        router.get("/greeting")(self.greet)

    def greet(self) -> str:
        return "hello"


def test_whatever_registers_routes_is_a_route_registrar() -> None:
    app = FastAPI()
    registrar: RouteRegistrar = Greeter()

    registrar.register_routes(app.router)

    assert TestClient(app).get("/greeting").json() == "hello"


async def test_an_app_is_itself_made_of_route_registrars(infra: InfraContainer) -> None:
    app, all_at_once, one_by_one = App(infra), APIRouter(), APIRouter()
    assert_type(app.handlers, tuple[RouteRegistrar, ...])

    app.register_routes(all_at_once)
    for handler in app.handlers:
        handler.register_routes(one_by_one)

    paths = [route.path for route in cast(list[Any], all_at_once.routes)]
    assert paths == [route.path for route in cast(list[Any], one_by_one.routes)]
    assert len(paths) == 7


class FamousUsers:
    """A use case that needs nothing."""

    async def get_user(self, user_id: int) -> User:
        if user_id != 7:
            raise UserNotFound
        return User(user_id, "knuth@example.com", "no hash")


def test_a_handler_works_with_any_use_case_that_it_is_given(recording: Recording) -> None:
    app = FastAPI()
    UserHandler(cast(UserService, FamousUsers())).register_routes(app.router)

    answer = TestClient(app).get("/users/7")

    assert answer.json() == {"id": 7, "email": "knuth@example.com"}
    assert events_of(recording) == []


async def test_a_use_case_works_with_any_adapter_that_it_is_given() -> None:
    unit_of_work = AsyncInMemoryUnitOfWork()
    service = UserService(unit_of_work, AsyncPlainHasher())

    await service.sign_up(NewUser(email=ADA["email"], password=Secret(ADA["password"])))

    assert [user.email for user in unit_of_work.users] == ["ada@example.com"]
    assert [event.action for event in unit_of_work.audit_events] == ["signed up"]


async def test_an_app_takes_an_infrastructure_of_which_one_part_is_replaced(
    infra: InfraContainer,
) -> None:
    s3_client = SimpleNamespace(list_buckets=lambda: {"Buckets": [{"Name": "photos"}]})

    app = App(replace(infra, s3_client=cast(S3Client, s3_client)))

    assert app.bucket_repository.list_names() == ["photos"]
    with pytest.raises(FrozenInstanceError):
        infra.s3_client = cast(S3Client, s3_client)  # type: ignore[misc]


def test_a_key_is_asked_for_by_the_handler_that_needs_it() -> None:
    names: list[str] = []
    buckets = SimpleNamespace(list_names=lambda: names, add=names.append)
    app = FastAPI()
    BucketHandler(cast(Any, buckets), SecretStr("key")).register_routes(app.router)
    client = TestClient(app, raise_server_exceptions=False)

    for key in ("wrong", "key"):
        client.post("/buckets", json={"name": f"photos-{key}"}, headers={"X-API-Key": key})

    assert client.get("/buckets").json() == ["photos-key"]


def test_two_apps_know_nothing_of_each_other(tmp_path: Path) -> None:
    with (
        TestClient(app_on(tmp_path / "one.db")) as one,
        TestClient(app_on(tmp_path / "two.db")) as two,
    ):
        assert one.post("/users", json=ADA).status_code == 201
        assert two.get("/users/1").status_code == 404
        assert two.post("/users", json=ADA).status_code == 201


@pytest.mark.parametrize("stops", ["first", "second"])
def test_an_app_goes_on_when_the_other_one_stops(stops: str, tmp_path: Path) -> None:
    with ExitStack() as one, ExitStack() as two:
        first = one.enter_context(TestClient(app_on(tmp_path / "one.db")))
        second = two.enter_context(TestClient(app_on(tmp_path / "two.db")))
        (one if stops == "first" else two).close()
        goes_on = second if stops == "first" else first

        assert goes_on.post("/users", json=ADA).status_code == 201
        assert goes_on.get("/buckets").status_code == 200


def test_an_app_that_starts_again_reaches_only_what_is_open(recording: Recording) -> None:
    app = create_app()
    for _ in range(2):
        with TestClient(app) as client:
            client.get("/health").raise_for_status()
            client.get("/buckets").raise_for_status()
            paths = client.get("/openapi.json").json()["paths"]

    assert len(paths) == 6
    assert recording.count("engine", "opened") == recording.count("engine", "closed") == 2


def test_the_commit_comes_before_the_answer(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.post("/users", json=ADA)

    assert recording.order("transaction 1 commits", "transaction 1 ends", "response 1 starts")


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


def test_fifty_sign_ups_that_are_in_flight_when_the_signal_arrives_are_all_answered(
    database_url: str,
) -> None:
    shutdown = two_tier_shutdown.hold_fifty(database_url)

    assert len(shutdown.emails) == PEOPLE
    assert_that_nothing_was_lost(shutdown)


def test_whoever_comes_while_the_server_stops_is_answered_or_finds_no_connection(
    database_url: str,
) -> None:
    """A port that closes resets the connections that nobody has accepted: a ReadError."""
    shutdown = two_tier_shutdown.go_on_until_refused(database_url)

    outcomes = set(shutdown.sign_ups.outcomes.values())
    assert outcomes <= {201, "ConnectError", "ReadError", "RemoteProtocolError"}
    assert len(shutdown.sign_ups.outcomes) > PEOPLE
    assert_that_nothing_was_lost(shutdown)


def test_a_request_that_never_ends_is_cut_off_and_all_is_closed_even_so() -> None:
    with new_database() as database_url:
        shutdown = two_tier_shutdown.hold_one_for_ever(database_url)

    assert set(shutdown.sign_ups.outcomes.values()) <= {500, "RemoteProtocolError", "ReadError"}
    assert shutdown.emails == set()
    assert_that_nothing_was_lost(shutdown)


def test_requests_have_three_seconds_to_end_so_that_all_is_closed_within_five() -> None:
    """To notice that none is left, to close and to end may take more than a second."""
    assert program.GRACE_S == 3


def test_a_signal_before_the_server_runs_stops_it_and_one_after_it_changes_nothing() -> None:
    assert exit_code_and_closings(MODULE) == (0, ["S3 client", "engine"])


def test_a_server_that_nobody_uses_ends_with_0_and_logs_no_secret() -> None:
    secrets = {"API_KEY": "hunter2", "AWS_SECRET_ACCESS_KEY": "hunter2", "PORT": "0"}
    with serve_module([MODULE], environment=secrets) as server:
        httpx2.get(f"{server.url}/buckets", headers={"X-API-Key": "hunter2"}, trust_env=False)
        assert server.url.startswith("http://127.0.0.1:")
        assert server.stop() == 0

    assert closings_in(server.lines) == ["S3 client", "engine"]
    assert "hunter2" not in "\n".join(server.lines)
