"""Step 05: a container holds the object graph in one place, for whoever calls."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any, TypeVar, assert_type, get_type_hints

import pytest
from dependency_injector.errors import Error
from fastapi.testclient import TestClient
from pwdlib.exceptions import UnknownHashError
from pydantic import Secret, SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.schemas import NewUser
from steps.domain.settings import Settings, load_settings
from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.object_storage import S3Client
from steps.infrastructure.passwords import PasswordHasher
from steps.step_05_ioc_container import repositories
from steps.step_05_ioc_container.container import Container, open_container
from steps.step_05_ioc_container.dependencies import (
    get_bucket_repository,
    get_container,
    get_engine,
    get_user_service,
)
from steps.step_05_ioc_container.main import create_app
from steps.step_05_ioc_container.routes import sign_up
from steps.step_05_ioc_container.services import UserService
from steps.workbook.fakes.in_memory import InMemoryAuditEvents, InMemoryUsers, PlainHasher
from steps.workbook.recording.events import Recording
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}
NEW_USER = NewUser(email="ada@example.com", password=Secret("correct horse"))
GRACE = User(7, "grace@example.com", PlainHasher().hash("navy blue"))


class BucketsInMemory:
    def list_names(self) -> list[str]:
        return ["only in memory"]

    def add(self, name: str) -> None:
        raise NotImplementedError


# One graph for all callers


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
    "A container makes the object graph usable without HTTP.",
    "holds",
    "Step 05's container signs a user up where FastAPI cannot be imported.",
    step=5,
)
def test_a_script_signs_a_user_up_where_fastapi_is_not_installed() -> None:
    """dependency-injector imports FastAPI if it can, so here nobody can."""
    script = """
import sys
sys.modules["fastapi"] = sys.modules["starlette"] = None
from pydantic import Secret
from sqlalchemy.orm import Session
from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.step_05_ioc_container.container import open_container

ada = NewUser(email="ada@example.com", password=Secret("correct horse"))
with open_container(load_settings()) as container:
    with Session(container.engine()) as session, session.begin():
        service = container.user_service(users__session=session, audit_events__session=session)
        print(service.sign_up(ada).email)
"""

    assert run_python(script) == "ada@example.com"
    with TestClient(create_app()) as client:
        assert client.post("/login", json=ADA).status_code == 200


# The graph


def test_two_threads_at_once_open_one_engine(recording: Recording) -> None:
    """Whoever opens it waits in there for the other one, who must not get in."""
    both = Barrier(2)

    def wait_for_the_other(change: Change, *_: object) -> None:
        with suppress(BrokenBarrierError):
            both.wait(0.3)

    container = Container(settings=load_settings())
    listeners.append(wait_for_the_other)
    with ThreadPoolExecutor(2) as threads:
        engines = set(threads.map(lambda _: container.engine(), range(2)))
    listeners.remove(wait_for_the_other)
    for engine in engines:
        engine.dispose()

    assert recording.count("engine", "opened") == len(engines) == 1


@often_said(
    "A container cannot give each request its own session.",
    "never held",
    "Handed over with the call, one session reaches both repositories of the use case.",
    step=5,
)
def test_both_repositories_of_a_use_case_get_the_session_of_the_call() -> None:
    container, session = Container(settings=load_settings()), Session()

    service: Any = container.user_service(users__session=session, audit_events__session=session)

    assert service._users._session is service._audit_events._session is session


def test_the_container_says_what_it_makes_to_a_type_checker_and_keeps_its_word() -> None:
    with open_container(load_settings()) as container, Session(container.engine()) as session:
        user_service = container.user_service(users__session=session, audit_events__session=session)
        assert_type(user_service, UserService)
        assert isinstance(user_service, UserService)

        engine = container.engine()
        assert_type(engine, Engine)
        assert isinstance(engine, Engine)

        s3_client = container.s3_client()
        assert_type(s3_client, S3Client)
        assert s3_client is container.s3_client()

        settings = container.settings()
        assert_type(settings, Settings)
        assert isinstance(settings, Settings)


def test_the_container_promises_ports_and_gives_adapters() -> None:
    with open_container(load_settings()) as container, Session(container.engine()) as session:
        users = container.user_repository(session)
        assert_type(users, ports.UserRepository)
        assert isinstance(users, repositories.UserRepository)

        audit_events = container.audit_event_repository(session)
        assert_type(audit_events, ports.AuditEventRepository)
        assert isinstance(audit_events, repositories.AuditEventRepository)

        buckets = container.bucket_repository()
        assert_type(buckets, ports.BucketRepository)
        assert isinstance(buckets, repositories.BucketRepository)

        password_hasher = container.password_hasher()
        assert_type(password_hasher, ports.PasswordHasher)
        assert isinstance(password_hasher, PasswordHasher)


Service = TypeVar("Service")


def type_of_service(endpoint: Callable[[NewUser, Service], User]) -> type[Service]:
    service: type[Service] = get_type_hints(endpoint)["service"]
    return service


def test_an_endpoint_names_the_service_that_it_gets() -> None:
    endpoint_gets = type_of_service(sign_up)
    assert_type(endpoint_gets, type[UserService])
    assert endpoint_gets is UserService


def test_the_providers_of_the_web_layer_give_what_their_types_say(client: TestClient) -> None:
    container = asyncio.run(get_container(HTTPConnection({"type": "http", "app": client.app})))
    assert_type(container, Container)
    assert container is container_of(client)

    engine = asyncio.run(get_engine(container))
    assert_type(engine, Engine)
    assert engine is container.engine()

    buckets = asyncio.run(get_bucket_repository(container))
    assert_type(buckets, ports.BucketRepository)
    assert isinstance(buckets, repositories.BucketRepository)

    with Session(engine) as session:
        service = asyncio.run(get_user_service(container, session))
        assert_type(service, UserService)
        assert isinstance(service, UserService)


# The settings come in once, checked


@often_said(
    "A container without its settings fails at the first use.",
    "depends",
    "`check_dependencies()` names what is missing before anything is made.",
    step=5,
)
def test_a_container_without_settings_says_so_before_it_makes_anything(
    recording: Recording,
) -> None:
    with pytest.raises(Error, match=r"undefined dependencies: .*settings"):
        Container().check_dependencies()

    assert recording.events == []


# Overrides


def container_of(client: TestClient) -> Container:
    app: Any = client.app
    container: Container = app.state.container
    return container


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app()) as client:
        yield client


def test_an_override_of_the_service_reaches_the_endpoint(client: TestClient) -> None:
    service = UserService(InMemoryUsers([GRACE]), InMemoryAuditEvents([]), PlainHasher())

    with container_of(client).user_service.override(service):
        assert client.get("/users/7").json() == {"id": 7, "email": "grace@example.com"}
    assert client.get("/users/7").status_code == 404


def test_an_override_of_a_repository_reaches_the_endpoint(client: TestClient) -> None:
    with container_of(client).user_repository.override(InMemoryUsers([GRACE])):
        assert client.get("/users/7").json() == {"id": 7, "email": "grace@example.com"}
    assert client.get("/users/7").status_code == 404


def test_an_override_of_the_other_repository_reaches_the_endpoint(client: TestClient) -> None:
    events: list[AuditEvent] = []
    in_memory = InMemoryAuditEvents(events)

    with container_of(client).audit_event_repository.override(in_memory):
        client.post("/users", json=ADA)

    assert [(event.user_id, event.action) for event in events] == [(1, "signed up")]
    assert client.get("/users/1/events").json() == []


def test_an_override_of_the_password_hasher_reaches_the_endpoint(client: TestClient) -> None:
    grace = {"email": GRACE.email, "password": "navy blue"}
    container = container_of(client)

    with container.user_repository.override(InMemoryUsers([GRACE])):
        with container.password_hasher.override(PlainHasher()):
            assert client.post("/login", json=grace).status_code == 200
        with pytest.raises(UnknownHashError):
            client.post("/login", json=grace)


def test_an_override_of_the_bucket_repository_reaches_the_endpoint(client: TestClient) -> None:
    with container_of(client).bucket_repository.override(BucketsInMemory()):
        assert client.get("/buckets").json() == ["only in memory"]
    assert client.get("/buckets").json() == []


def test_an_override_of_the_settings_reaches_the_endpoint(client: TestClient) -> None:
    other = Settings(api_key=SecretStr("another key"))

    def create_bucket(key: str) -> int:
        return client.post(
            "/buckets", json={"name": f"with-{key[:3]}"}, headers={"X-API-Key": key}
        ).status_code

    with container_of(client).settings.override(other):
        assert (create_bucket("another key"), create_bucket("key")) == (201, 401)
    assert (create_bucket("another key"), create_bucket("key")) == (401, 201)


@often_said(
    "With a container, a part at any depth can be replaced.",
    "holds",
    "An override of a repository reaches the use case above it, without an app.",
    step=5,
)
def test_what_lies_below_the_top_is_replaced_without_an_app_as_well() -> None:
    container = Container(settings=load_settings())
    with (
        container.user_repository.override(InMemoryUsers([GRACE])),
        container.audit_event_repository.override(InMemoryAuditEvents([])),
    ):
        assert container.user_service().get_user(7) == GRACE


@often_said(
    "An override of one test reaches the next one.",
    "depends",
    "With `with container.x.override(...)` it ends with the block, also after an error.",
    step=5,
)
def test_an_override_ends_with_its_block_also_after_an_error(client: TestClient) -> None:
    container = container_of(client)

    with pytest.raises(RuntimeError), container.user_repository.override(InMemoryUsers([GRACE])):
        raise RuntimeError

    assert client.get("/users/7").status_code == 404


def test_an_override_does_not_reach_a_later_app() -> None:
    with TestClient(create_app()) as first:
        container_of(first).user_repository.override(InMemoryUsers([GRACE]))
        assert first.get("/users/7").status_code == 200

    with TestClient(create_app()) as second:
        assert second.get("/users/7").status_code == 404


@often_said(
    "An override of the settings reaches the engine.",
    "depends",
    "An engine that is built already stays as it is; after `reset_singletons()` the next one "
    "is made of the override.",
    step=5,
)
def test_an_override_reaches_no_singleton_that_is_built_but_the_next_one() -> None:
    other = Settings(
        database_url=SecretStr("sqlite:///other.db"), s3_endpoint_url="http://127.0.0.1:1"
    )
    with open_container(load_settings()) as container, container.settings.override(other):
        engine, s3_client = container.engine(), container.s3_client()
        assert str(engine.url) != "sqlite:///other.db"
        assert s3_client.meta.endpoint_url != "http://127.0.0.1:1"

        container.reset_singletons()
        assert str(container.engine().url) == "sqlite:///other.db"
        assert container.s3_client().meta.endpoint_url == "http://127.0.0.1:1"

        container.engine().dispose()
        container.s3_client().close()


# What step 06 repairs


@often_said(
    "The container makes everything that a use case needs.",
    "depends",
    "In step 05 the session comes with the call: without it, the container raises a `TypeError`.",
    step=5,
)
def test_flaw_the_container_cannot_make_the_session() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'session'"):
        Container(settings=load_settings()).user_service()


def test_flaw_whoever_calls_must_know_which_parts_need_the_session() -> None:
    with pytest.raises(TypeError, match=r"AuditEventRepository.* 'session'"):
        Container(settings=load_settings()).user_service(users__session=Session())


@often_said(
    "A script that forgets the commit hears of it.",
    "never held",
    "Step 05's use case returns its user, and nothing is kept.",
    step=5,
)
def test_flaw_the_web_layer_makes_the_session_and_commits(recording: Recording) -> None:
    """A script that forgets the commit keeps nothing."""
    with open_container(load_settings()) as container, Session(container.engine()) as session:
        service = container.user_service(users__session=session, audit_events__session=session)
        service.sign_up(NEW_USER)

    assert recording.count("transaction", "commits") == 0
    with TestClient(create_app()) as client:
        assert client.get("/users/1").status_code == 404
