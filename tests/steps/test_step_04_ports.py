"""Step 04: the use cases name ports, and one composition root puts the adapters in."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, assert_type

import pytest
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr
from sqlalchemy.orm import Session

from steps.domain import ports
from steps.domain.entities import User
from steps.domain.errors import ConfigurationError, EmailTaken, InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser
from steps.domain.settings import Settings, load_settings
from steps.infrastructure.passwords import PasswordHasher
from steps.step_04_ports import core as core_module
from steps.step_04_ports import repositories
from steps.step_04_ports.composition_root import get_bucket_repository, get_user_service
from steps.step_04_ports.core import open_core
from steps.step_04_ports.dependencies import get_core, get_session, get_settings
from steps.step_04_ports.main import create_app
from steps.step_04_ports.repositories import AuditEventRepository, UserRepository
from steps.step_04_ports.services import UserService
from steps.workbook.calls import LIST_BUCKETS, LOG_IN, SIGN_UP, SIGN_UP_AGAIN
from steps.workbook.fakes.in_memory import InMemoryAuditEvents, InMemoryUsers, PlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.recording.one_step import record_step
from steps.workbook.world.environment import variables
from steps.workbook.world.processes import import_without_fastapi
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}
NEW_USER = NewUser(email="ada@example.com", password=Secret("correct horse"))
GRACE = User(id=7, email="grace@example.com", password_hash="a hash")

PACKAGE = "steps.step_04_ports"


class BucketsInMemory:
    def list_names(self) -> list[str]:
        return ["only in memory"]

    def add(self, name: str) -> None:
        raise NotImplementedError


def in_memory(*users: User) -> UserService:
    return UserService(InMemoryUsers([*users]), InMemoryAuditEvents([]), PlainHasher())


# The use cases without FastAPI and without a database


@pytest.fixture
def service() -> UserService:
    return in_memory()


@often_said(
    "A use case is tested with a database.",
    "depends",
    "With ports it runs on repositories in memory.",
    step=4,
)
def test_a_user_who_signed_up_in_memory_logs_in_and_has_an_event(service: UserService) -> None:
    user = service.sign_up(NEW_USER)

    assert service.log_in(Credentials(email=user.email, password=Secret("correct horse"))) == user
    assert [event.action for event in service.list_audit_events(user.id)] == ["signed up"]


def test_an_email_that_is_taken_in_memory_is_refused_without_a_second_event(
    service: UserService,
) -> None:
    user = service.sign_up(NEW_USER)

    with pytest.raises(EmailTaken):
        service.sign_up(NEW_USER)
    assert len(service.list_audit_events(user.id)) == 1


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_email_are_the_same_error(
    service: UserService, email: str
) -> None:
    service.sign_up(NEW_USER)

    with pytest.raises(InvalidCredentials):
        service.log_in(Credentials(email=email, password=Secret("wrong horse")))


def test_an_unknown_user_has_neither_data_nor_events(service: UserService) -> None:
    for look_up in (service.get_user, service.list_audit_events):
        with pytest.raises(UserNotFound):
            look_up(1)


def run_python(script: str) -> str:
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@often_said(
    "A clean architecture needs a container.",
    "never held",
    "Step 04 puts adapters into ports without one, and importing its use cases loads no "
    "framework and no driver.",
    step=4,
)
def test_importing_the_use_cases_loads_no_framework_and_no_driver() -> None:
    loaded = run_python(
        f"import sys, {PACKAGE}.services\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, sep='\\n')"
    ).split()

    frameworks = {"fastapi", "starlette", "sqlalchemy", "dependency_injector", "boto3", "botocore"}
    assert "pydantic" in loaded
    assert not frameworks & set(loaded)


@pytest.mark.parametrize("module", ["services", "repositories", "core"])
def test_what_is_put_together_knows_no_fastapi(module: str) -> None:
    assert import_without_fastapi(f"{PACKAGE}.{module}") == "imported"


# The composition root


@pytest.fixture
def session() -> Iterator[Session]:
    with open_core(load_settings()) as core, Session(core.engine) as session:
        yield session


def test_the_adapters_fit_the_ports(session: Session) -> None:
    """mypy checks the first three lines, as it checks the calls in the composition root."""
    users: ports.UserRepository = UserRepository(session)
    audit_events: ports.AuditEventRepository = AuditEventRepository(session)
    password_hasher: ports.PasswordHasher = PasswordHasher()

    service = UserService(users, audit_events, password_hasher)
    user = service.sign_up(NEW_USER)

    assert users.get(user.id) == users.get_by_email("ada@example.com") == user
    assert [event.user_id for event in audit_events.list_for_user(user.id)] == [user.id]


def test_it_gives_what_its_types_say(session: Session) -> None:
    with open_core(load_settings()) as core:
        service = asyncio.run(get_user_service(session))
        buckets = asyncio.run(get_bucket_repository(core.s3_client))

        assert_type(service, UserService)
        assert isinstance(service, UserService)
        assert_type(buckets, ports.BucketRepository)
        assert isinstance(buckets, repositories.BucketRepository)


def test_both_repositories_get_the_session_of_the_request(session: Session) -> None:
    service: Any = asyncio.run(get_user_service(session))

    assert service._users._session is service._audit_events._session is session


@often_said(
    "With services and repositories apart, `Depends` cannot manage the session.",
    "never held",
    "Step 04's use cases and repositories know no FastAPI, and a sign-up has one session and "
    "one transaction.",
    step=4,
)
def test_a_request_has_one_session_and_one_transaction(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        assert client.post("/users", json=ADA).status_code == 201

    assert recording.count("session", "opened") == 1
    assert recording.order("transaction begins", "transaction commits", "response starts")


# Overrides of its providers


@often_said(
    "Without a container no test can replace a whole use case.",
    "never held",
    "An override of one provider of the composition root replaces the service, and no session"
    " is opened.",
    step=4,
)
def test_an_override_of_the_service_leaves_the_database_alone(recording: Recording) -> None:
    app = create_app()
    app.dependency_overrides[get_user_service] = lambda: in_memory(GRACE)

    with TestClient(app) as client:
        assert client.get("/users/7").json() == {"id": 7, "email": "grace@example.com"}
        assert recording.count("session", "opened") == 0
        app.dependency_overrides.clear()
        assert client.get("/users/7").status_code == 404


def test_an_override_of_the_bucket_repository_leaves_the_rest_real() -> None:
    app = create_app()
    app.dependency_overrides[get_bucket_repository] = BucketsInMemory

    with TestClient(app) as client:
        assert client.get("/buckets").json() == ["only in memory"]
        assert client.post("/users", json=ADA).status_code == 201
        assert client.get("/users/1").status_code == 200


@often_said(
    "An override of the settings reaches what the lifespan has opened.",
    "never held",
    "It reaches who asks for the settings; the S3 client that is open stays as it is.",
    step=4,
)
def test_an_override_of_the_settings_reaches_who_asks_for_them_and_nothing_that_is_open() -> None:
    app = create_app()
    other = Settings(api_key=SecretStr("another key"), s3_endpoint_url="http://127.0.0.1:1")
    app.dependency_overrides[get_settings] = lambda: other

    with TestClient(app, headers={"X-API-Key": "another key"}) as client:
        assert client.post("/buckets", json={"name": "photos"}).status_code == 201
        assert client.get("/buckets").json() == ["photos"]


def test_an_override_of_the_core_reaches_everything() -> None:
    app = create_app()
    with open_core(Settings(s3_endpoint_url="http://127.0.0.1:1")) as other:
        app.dependency_overrides[get_core] = lambda: other
        with TestClient(app) as client:
            assert client.get("/buckets").status_code == 503


# Opened and closed as in step 03


def test_it_opens_and_closes_what_step_03_does_at_the_same_moments() -> None:
    calls = (SIGN_UP, SIGN_UP_AGAIN, LOG_IN, LIST_BUCKETS)
    before, now = ([str(event) for event in record_step(n, *calls).events] for n in (3, 4))

    assert now[0] == "engine 1 opened"
    assert now[-2:] == ["connection 1 closed", "engine 1 closed"]
    assert now == before


def test_what_is_open_closes_when_a_later_resource_fails_to_open(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: Settings) -> None:
        raise ConfigurationError("S3: no client today")

    monkeypatch.setattr(core_module, "open_s3_client", refuse)

    with pytest.raises(ConfigurationError), TestClient(create_app()):
        pass

    assert recording.count("engine", "opened") == 1
    assert recording.left_open() == []


def test_a_database_that_does_not_answer_stops_the_start(recording: Recording) -> None:
    with (
        variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}),
        pytest.raises(ConfigurationError, match="DATABASE_URL"),
        TestClient(create_app()),
    ):
        pass

    assert [str(event) for event in recording.events] == ["engine 1 opened", "engine 1 closed"]


# What step 05 repairs


@often_said(
    "A composition root of `Depends` providers serves scripts, too.",
    "never held",
    "Step 04's cannot be imported where FastAPI is missing.",
    step=4,
)
def test_flaw_a_script_cannot_import_the_composition_root_without_fastapi() -> None:
    error = "ModuleNotFoundError: import of fastapi halted; None in sys.modules"
    assert import_without_fastapi(f"{PACKAGE}.composition_root") == error


def test_flaw_a_script_wires_everything_again_by_hand() -> None:
    """Session, both repositories, hasher and commit: what the composition root knows as well."""
    script = f"""
import sys
sys.modules["fastapi"] = sys.modules["starlette"] = None
from pydantic import Secret
from sqlalchemy.orm import Session
from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.passwords import PasswordHasher
from {PACKAGE}.core import open_core
from {PACKAGE}.repositories import AuditEventRepository, UserRepository
from {PACKAGE}.services import UserService

ada = NewUser(email="ada@example.com", password=Secret("correct horse"))
with open_core(load_settings()) as core, Session(core.engine) as session:
    service = UserService(UserRepository(session), AuditEventRepository(session), PasswordHasher())
    print(service.sign_up(ada).email)
    session.commit()
"""

    assert run_python(script) == "ada@example.com"
    with TestClient(create_app()) as client:
        assert client.post("/login", json=ADA).status_code == 200


@often_said(
    "`dependency_overrides` works outside HTTP.",
    "never held",
    "Whoever calls a provider of the composition root gets what is written in it.",
    step=4,
)
def test_flaw_below_the_top_nothing_can_be_replaced_outside_http(session: Session) -> None:
    """An override is the app's. Who calls a provider gets what is written in it."""
    app = create_app()
    app.dependency_overrides[get_session] = lambda: None
    app.dependency_overrides[get_user_service] = lambda: in_memory(GRACE)

    service: Any = asyncio.run(get_user_service(session))

    assert isinstance(service._users, UserRepository)
    assert isinstance(service._password_hasher, PasswordHasher)


@often_said(
    "`dependency_overrides` reaches everything.",
    "never held",
    "It does not reach what a composition root calls by its name.",
    step=4,
)
def test_flaw_no_override_reaches_what_the_composition_root_calls_by_name() -> None:
    app = create_app()
    with TestClient(app) as client:
        client.post("/users", json=ADA).raise_for_status()
        app.dependency_overrides[UserRepository] = lambda: InMemoryUsers([GRACE])
        app.dependency_overrides[PasswordHasher] = PlainHasher

        assert client.get("/users/7").status_code == 404
        assert client.post("/login", json=ADA).status_code == 200
