"""Step 09: two tiers by hand, checked as a whole, opened in order and closed in reverse."""

import asyncio
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain.entities import User
from steps.domain.errors import ConfigurationError
from steps.domain.schemas import NewUser
from steps.domain.urls import sqlite_url
from steps.infrastructure.object_storage import S3Client
from steps.step_09_two_tiers import infra as infra_module
from steps.step_09_two_tiers import main as main_module
from steps.step_09_two_tiers import routes
from steps.step_09_two_tiers.app import App
from steps.step_09_two_tiers.config import Config
from steps.step_09_two_tiers.dependencies import get_user_service
from steps.step_09_two_tiers.infra import InfraContainer
from steps.step_09_two_tiers.main import create_app
from steps.step_09_two_tiers.services import UserService
from steps.workbook.catalogue import find_step
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork, AsyncPlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.processes import import_without_fastapi
from steps.workbook.world.serving import serve_process
from tests.often_said import often_said

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("environment", "quick_hashing")]

ADA = {"email": "ada@example.com", "password": "correct horse"}
STEP = find_step(9)
PATIENCE_S = 30

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
    return create_app(Config(database_url=SecretStr(sqlite_url(database))))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
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
    wrong = {"AWS_DEFAULT_REGION": None, name: __file__, "DB_ECHO": "perhaps"}
    with variables(wrong), pytest.raises(ConfigurationError) as caught:
        Config.from_env()

    lines = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["S3", "DB_ECHO"]


def test_what_is_not_set_has_a_default() -> None:
    unset = ("DATABASE_URL", "S3_ENDPOINT_URL", "API_KEY", "AWS_DEFAULT_REGION")
    with variables(dict.fromkeys(unset)):
        config = Config.from_env()

    assert config.database_url.get_secret_value().endswith("/accounts.db")
    assert config.api_key is None


def test_a_configuration_does_not_change_and_shows_no_secret() -> None:
    with variables({"DATABASE_URL": "postgresql+psycopg://ada:hunter2@db/x", "API_KEY": "hunter2"}):
        config = Config.from_env()

    assert "hunter2" not in f"{config!r} {config} {config.model_dump_json()}"
    with pytest.raises(ValidationError, match="frozen"):
        config.db_echo = True  # type: ignore[misc]


# The infrastructure: in order, in reverse, whatever fails


@often_said(
    "To open in order and close in reverse takes a framework.",
    "never held",
    "Step 09's container does it by hand.",
    step=9,
)
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


@often_said(
    "A part that fails to close keeps the others open.",
    "depends",
    "In step 09's container the engine is closed even so, and the error is raised.",
    step=9,
)
@pytest.mark.usefixtures("s3_client_cannot_close")
async def test_a_part_that_fails_to_close_does_not_keep_the_others_open(
    recording: Recording,
) -> None:
    infra = await InfraContainer.open(Config.from_env())

    with pytest.raises(CannotClose, match="S3 client"):
        await infra.close()

    assert events_of(recording) == [*OPENED, "engine 1 closed"]


@often_said(
    "An `ExitStack` tells of every error while it closes.",
    "never held",
    "Of two it raises the last one; step 09 writes each of them into the log.",
    step=9,
)
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


@often_said(
    "A container may be closed only once.",
    "depends",
    "Step 09's may be closed twice, and twice at once: each part is closed once.",
    step=9,
)
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

    shown = [infra, infra.engine, infra.s3_client, app, vars(app)]
    assert "hunter2" not in "".join(map(repr, shown))


# The application: adapters and use cases, by constructors


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


@often_said(
    "A container of your own depends on the web framework.",
    "never held",
    "The module of step 09's `App` can be imported where FastAPI is missing.",
    step=9,
)
def test_the_application_is_put_together_where_fastapi_is_missing() -> None:
    assert import_without_fastapi(f"{STEP.package}.app") == "imported"


def test_no_framework_is_asked_for_the_object_graph() -> None:
    script = f"import sys, {STEP.package}.main; print('dependency_injector' in sys.modules)"

    assert run("-c", script).stdout == "False\n"


class FamousUsers:
    """A use case that needs nothing."""

    async def get_user(self, user_id: int) -> User:
        return User(user_id, "knuth@example.com", "no hash")


def test_a_provider_is_replaced_as_in_every_step_before() -> None:
    app = create_app()
    app.dependency_overrides[get_user_service] = FamousUsers

    with TestClient(app) as client:
        assert client.get("/users/7").json() == {"id": 7, "email": "knuth@example.com"}


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


def test_an_app_that_starts_again_reaches_only_what_is_open(
    recording: Recording, tmp_path: Path
) -> None:
    """A disposed engine would connect anew: so what the first start used is gone at the second."""
    app, gone = create_app(), tmp_path / "gone"
    gone.mkdir()
    first = {
        "DATABASE_URL": sqlite_url(gone / "accounts.db"),
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    with variables(first), TestClient(app) as client:
        assert client.post("/users", json=ADA).status_code == 201
        assert client.get("/buckets").status_code == 503
    shutil.rmtree(gone)
    with TestClient(app) as client:
        assert client.post("/users", json=ADA).status_code == 201
        assert client.get("/health").status_code == 200
        assert client.get("/buckets").status_code == 200
        paths = client.get("/openapi.json").json()["paths"]

    assert len(paths) == 6
    assert recording.count("engine", "opened") == recording.count("engine", "closed") == 2


def test_the_commit_comes_before_the_answer(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.post("/users", json=ADA)

    assert recording.order("transaction 1 commits", "transaction 1 ends", "response 1 starts")


# What it leaves


def test_flaw_only_fastapi_hands_a_use_case_to_a_route() -> None:
    """Whoever calls a route's function has to bring what `Depends` would have."""
    route: Callable[..., object] = routes.get_user

    with pytest.raises(TypeError, match="service"):
        route(7)


@often_said(
    "A server that was stopped in order ends with 0.",
    "depends",
    "After SIGTERM, uvicorn with one process closes everything, and then raises the signal "
    "once more.",
    step=10,
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no exit code for a signal")
def test_flaw_uvicorn_raises_the_signal_once_more_after_it_has_closed() -> None:
    with serve_process(STEP.target) as server:
        exit_code = server.stop()

    assert any("Application shutdown complete" in line for line in server.lines)
    assert exit_code == -signal.SIGTERM
