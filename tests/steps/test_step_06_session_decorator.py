"""Step 06: a decorator, made by the container, gives each repository method a session."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import is_dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from threading import Barrier
from types import ModuleType
from typing import Any, assert_type, get_args

import pytest
from dependency_injector.providers import Callable as CallableProvider
from dependency_injector.providers import Object
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.requests import HTTPConnection

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import DatabaseUnavailable, EmailTaken
from steps.domain.schemas import NewUser
from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.infrastructure import database
from steps.infrastructure.database import open_engine
from steps.infrastructure.tables import AuditEventRow, UserRow
from steps.step_06_session_decorator.container import Container, open_container
from steps.step_06_session_decorator.dependencies import (
    get_bucket_repository,
    get_container,
    get_engine,
    get_user_service,
)
from steps.step_06_session_decorator.main import create_app
from steps.step_06_session_decorator.repositories import (
    AuditEventRepository,
    BucketRepository,
    UserRepository,
)
from steps.step_06_session_decorator.services import UserService
from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.catalogue import Step, find_step
from steps.workbook.recording.events import Recording
from steps.workbook.world.databases import connections_in_use
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}
NEW_ADA = NewUser(email="ada@example.com", password=Secret("correct horse"))
PATIENCE_S = 20


@pytest.fixture
def container() -> Iterator[Container]:
    """The object graph without its S3 client, which takes long to open."""
    container = Container(settings=load_settings())
    yield container
    container.engine().dispose()


@pytest.fixture
def with_session(container: Container) -> SessionDecorator:
    return container.with_session()


def count_rows(engine: Engine) -> tuple[int, int]:
    """Return how many users and how many audit events there are."""
    with Session(engine) as session:
        users = session.scalar(select(func.count()).select_from(UserRow))
        events = session.scalar(select(func.count()).select_from(AuditEventRow))
    return users or 0, events or 0


def another_engine(folder: Path) -> Engine:
    url = sqlite_url(folder / "another.db")
    return open_engine(Settings(database_url=SecretStr(url)))


# No signature has a session


def functions_of(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Give out a module's functions and the methods of its classes."""
    for thing in vars(module).values():
        if getattr(thing, "__module__", "") == module.__name__:
            if inspect.isfunction(thing):
                yield thing
            elif inspect.isclass(thing):
                yield from filter(inspect.isfunction, vars(thing).values())


def has_a_session(function: Callable[..., Any]) -> bool:
    signature = inspect.signature(function)
    annotations = {p.annotation for p in signature.parameters.values()}
    annotations.add(signature.return_annotation)
    named = annotations.union(*map(get_args, annotations))
    return "session" in signature.parameters or bool(named & {Session, sessionmaker[Session]})


def signatures_with_a_session(step: Step | None) -> set[str]:
    assert step
    names = {path.stem for path in step.folder.glob("*.py")}
    modules = [
        import_module(f"{step.package}.{name}")
        for name in names - {"repositories", "sessions", "container"}
    ]
    return {f.__name__ for module in modules for f in functions_of(module) if has_a_session(f)}


def test_no_signature_outside_the_infrastructure_has_a_session() -> None:
    step = find_step(6)

    assert signatures_with_a_session(step.before) == {"get_session", "get_user_service"}
    assert signatures_with_a_session(step) == set()


def test_a_request_hands_nothing_over() -> None:
    app = create_app()
    handed_over: list[object] = []
    with TestClient(app) as client:
        container: Container = app.state.container
        service = container.user_service()

        def note(*arguments: object, **named: object) -> UserService:
            handed_over.extend([*arguments, *named])
            return service

        with container.user_service.override(CallableProvider(note)):
            assert client.post("/users", json=ADA).status_code == 201

    assert handed_over == []


# Where the decorator comes from


def test_the_container_makes_one_decorator_on_its_own_session_factory(tmp_path: Path) -> None:
    one, two = Container(settings=load_settings()), Container(settings=load_settings())

    assert_type(one.with_session(), SessionDecorator)
    assert isinstance(one.with_session(), SessionDecorator)
    assert one.with_session() is one.with_session() is not two.with_session()
    assert one.with_session()._session_factory is one.session_factory()
    for container in (one, two):
        container.engine().dispose()


def test_two_containers_write_to_their_own_databases(container: Container, tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "another.db")
    other = Container(settings=Settings(database_url=SecretStr(url)))

    other.user_repository().add("ada@example.com", "hash")

    assert count_rows(other.engine()) == (1, 0)
    assert count_rows(container.engine()) == (0, 0)
    other.engine().dispose()


# What the decorator makes of a method


class SampleRepository:
    """Methods that need a session, and two that call another one of them."""

    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)
        self.add_two = with_session(self._add_two)
        self.count = with_session(self._count)
        self.count_twice = with_session(self._count_twice)
        self.read_then_add_then_fail = with_session(self._read_then_add_then_fail)

    def _add(self, session: Session, email: str, *, error: BaseException | None = None) -> Session:
        """Write, then fail if told to."""
        self.row = UserRow(email=email, password_hash="hash")
        session.add(self.row)
        session.flush()
        if error:
            raise error
        return session

    def _add_two(self, session: Session, outer: str, inner: str) -> None:
        session.add(UserRow(email=outer, password_hash="hash"))
        session.flush()
        self.add(inner)

    def _count_twice(self, session: Session, before: Barrier, after: Barrier) -> None:
        session.connection()
        before.wait(PATIENCE_S)
        try:
            self.count()
        finally:
            after.wait(PATIENCE_S)

    def _count(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0

    def _read_then_add_then_fail(self, session: Session, email: str) -> None:
        session.scalar(select(UserRow.id))
        self.add(email)
        raise RuntimeError


def test_a_decorated_method_keeps_the_name_and_the_docstring_of_what_it_calls(
    with_session: SessionDecorator,
) -> None:
    add: Any = SampleRepository(with_session).add

    assert add.__qualname__ == "SampleRepository._add"
    assert add.__doc__ == "Write, then fail if told to."


def test_inspect_shows_the_session_that_no_caller_passes(with_session: SessionDecorator) -> None:
    """It looks through every wrapper. mypy knows better: see the ports."""
    users = UserRepository(with_session)

    assert list(inspect.signature(users.get).parameters) == ["session", "user_id"]
    assert users.get(1) is None
    as_inspect_shows_it: Any = users.get
    with pytest.raises(TypeError, match="takes 3 positional arguments but 4 were given"):
        as_inspect_shows_it(Session(), 1)


@pytest.mark.parametrize(
    ("method", "in_port"),
    [
        (UserRepository._add, ports.UserRepository.add),
        (UserRepository._get, ports.UserRepository.get),
        (UserRepository._get_by_email, ports.UserRepository.get_by_email),
        (AuditEventRepository._add, ports.AuditEventRepository.add),
        (AuditEventRepository._list_for_user, ports.AuditEventRepository.list_for_user),
    ],
    ids=lambda method: method.__qualname__,
)
def test_without_the_session_its_signature_is_that_of_the_port(
    method: Callable[..., Any], in_port: Callable[..., Any]
) -> None:
    signature = inspect.signature(method)
    others = [p for p in signature.parameters.values() if p.name != "session"]

    assert len(others) == len(signature.parameters) - 1
    assert signature.replace(parameters=others) == inspect.signature(in_port)


def test_it_refuses_at_decoration_what_runs_after_its_call(
    with_session: SessionDecorator,
) -> None:
    async def report(session: Session) -> None: ...

    def stream(session: Session) -> Iterator[int]:
        yield 1

    async def stream_later(session: Session) -> AsyncIterator[int]:
        yield 1

    refused: list[Callable[[Session], object]] = [report, stream, stream_later]
    for method in refused:
        with pytest.raises(TypeError, match=rf"{method.__name__}: its session would close"):
            with_session(method)


def test_it_refuses_what_runs_after_its_call_in_another_decorator_as_well(
    with_session: SessionDecorator,
) -> None:
    async def report(session: Session) -> None: ...

    @wraps(report)
    def wrapped_report(session: Session) -> Coroutine[Any, Any, None]:
        return report(session)

    @contextmanager
    def locked(session: Session) -> Iterator[None]:
        yield

    refused: list[Callable[[Session], object]] = [wrapped_report, locked]
    for method in refused:
        with pytest.raises(TypeError, match=rf"{method.__name__}: its session would close"):
            with_session(method)


def test_it_refuses_a_bound_method_that_runs_after_its_call(
    with_session: SessionDecorator,
) -> None:
    class Reports:
        def __init__(self) -> None:
            self.write = with_session(self._write)

        async def _write(self, session: Session) -> None: ...

    with pytest.raises(TypeError, match=r"Reports\._write: its session would close"):
        Reports()


def test_it_commits_closes_and_gives_the_connection_back(container: Container) -> None:
    repository = SampleRepository(container.with_session())
    session = repository.add("ada@example.com")

    assert count_rows(container.engine()) == (1, 0)
    assert not session.in_transaction()
    assert repository.row not in session
    assert connections_in_use(container.engine()) == 0


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()], ids=repr)
def test_after_an_error_it_rolls_back_and_gives_the_connection_back(
    error: BaseException, container: Container, recording: Recording
) -> None:
    with pytest.raises(type(error)) as caught:
        SampleRepository(container.with_session()).add("ada@example.com", error=error)

    assert caught.value is error
    assert recording.count("transaction", "rolls back") == 1
    assert recording.left_open() == ["engine 1", "connection 1"]
    assert connections_in_use(container.engine()) == 0
    assert count_rows(container.engine()) == (0, 0)


def test_a_commit_that_fails_reaches_the_caller_and_closes_the_session(
    container: Container, recording: Recording
) -> None:
    session_factory = container.session_factory()

    @event.listens_for(session_factory, "before_commit")
    def fail(_: Session) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        SampleRepository(container.with_session()).add("ada@example.com")

    assert recording.count("session", "closed") == 1
    assert recording.left_open() == ["engine 1", "connection 1"]
    assert connections_in_use(container.engine()) == 0
    assert count_rows(container.engine()) == (0, 0)


def test_each_call_is_a_transaction_of_its_own(container: Container, recording: Recording) -> None:
    users = container.user_repository()

    users.get(1)
    users.get(1)

    assert recording.count("transaction", "begins") == 2
    assert recording.count("transaction", "commits") == 2


# What the repositories are to the use cases


def test_the_repositories_fit_their_ports(with_session: SessionDecorator) -> None:
    """mypy checks the first two lines, and assert_type: callers of a port have no session."""
    users: ports.UserRepository = UserRepository(with_session)
    audit_events: ports.AuditEventRepository = AuditEventRepository(with_session)

    ada = users.add("ada@example.com", "hash")
    bob = users.add(email="bob@example.com", password_hash="hash")
    audit_events.add(ada.id, action="signed up")

    assert_type(UserRepository(with_session).get(1), User | None)
    assert_type(AuditEventRepository(with_session).list_for_user(1), list[AuditEvent])
    assert users.get(ada.id) == users.get_by_email("ada@example.com") == ada
    assert users.get(user_id=bob.id) == users.get_by_email(email="bob@example.com") == bob
    assert [audit_event.action for audit_event in audit_events.list_for_user(ada.id)] == [
        "signed up"
    ]


def test_what_leaves_a_repository_lives_on_after_its_session(container: Container) -> None:
    service = container.user_service()
    user = service.sign_up(NEW_ADA)
    (audit_event,) = service.list_audit_events(user.id)

    assert is_dataclass(user)
    assert is_dataclass(audit_event)
    assert user == container.user_repository().get(1)
    assert user.email == "ada@example.com"
    assert (audit_event.user_id, audit_event.action) == (user.id, "signed up")


def test_after_a_taken_email_the_repository_goes_on(container: Container) -> None:
    users = container.user_repository()
    users.add("ada@example.com", "hash")

    with pytest.raises(EmailTaken):
        users.add("ada@example.com", "hash")

    assert connections_in_use(container.engine()) == 0
    assert users.add("bob@example.com", "hash").id == 2


# Where the session factory comes from


@often_said(
    "A session decorator cannot be tested on another database.",
    "depends",
    "If a container injects its session factory, an override of that is enough.",
    step=6,
)
def test_an_override_of_the_session_factory_reaches_the_repositories(
    container: Container, tmp_path: Path
) -> None:
    another = another_engine(tmp_path)
    with container.session_factory.override(Object(sessionmaker(another))):
        container.user_service().sign_up(NEW_ADA)

    assert count_rows(another) == (1, 1)
    assert count_rows(container.engine()) == (0, 0)
    another.dispose()


def test_an_override_of_the_engine_reaches_them_while_no_session_factory_is_built(
    tmp_path: Path,
) -> None:
    another = another_engine(tmp_path)
    container = Container(settings=load_settings())
    with container.engine.override(Object(another)):
        container.user_service().sign_up(NEW_ADA)

    assert count_rows(another) == (1, 1)
    another.dispose()


# It works from anywhere


def test_the_container_gives_what_its_types_say(container: Container) -> None:
    """mypy checks assert_type."""
    service = container.user_service()
    assert_type(service, UserService)
    assert isinstance(service, UserService)

    session_factory = container.session_factory()
    assert_type(session_factory, sessionmaker[Session])
    assert session_factory is container.session_factory()

    users = container.user_repository()
    assert_type(users, ports.UserRepository)
    assert isinstance(users, UserRepository)


def test_the_providers_of_the_web_layer_give_what_their_types_say() -> None:
    app = create_app()
    with TestClient(app):
        container = asyncio.run(get_container(HTTPConnection({"type": "http", "app": app})))
        assert_type(container, Container)
        assert container is app.state.container

        service = asyncio.run(get_user_service(container))
        assert_type(service, UserService)
        assert isinstance(service, UserService)

        engine = asyncio.run(get_engine(container))
        assert_type(engine, Engine)
        assert engine is container.engine()

        buckets = asyncio.run(get_bucket_repository(container))
        assert_type(buckets, ports.BucketRepository)
        assert isinstance(buckets, BucketRepository)


def test_a_script_runs_a_whole_use_case_without_an_app() -> None:
    with open_container(load_settings()) as container:
        service = container.user_service()
        user = service.sign_up(NEW_ADA)

        assert service.get_user(user.id) == user
        assert [audit_event.action for audit_event in service.list_audit_events(user.id)] == [
            "signed up"
        ]


def test_a_thread_runs_a_whole_use_case(container: Container) -> None:
    def use() -> list[AuditEvent]:
        service = container.user_service()
        return service.list_audit_events(service.sign_up(NEW_ADA).id)

    with ThreadPoolExecutor(1) as thread:
        assert [audit_event.action for audit_event in thread.submit(use).result()] == ["signed up"]


@often_said(
    "Engine and session factory may be shared by threads.",
    "holds",
    "With a session for each call, sixteen threads lose no row.",
    step=6,
)
def test_sixteen_threads_that_share_a_repository_lose_no_row(
    monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", PATIENCE_S)
    users = container.user_repository()
    together = Barrier(16)

    def add_fifty(thread: int) -> None:
        together.wait(PATIENCE_S)
        for number in range(50):
            users.add(f"user{thread}-{number}@example.com", "hash")

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(add_fifty, range(16)))

    assert count_rows(container.engine()) == (800, 0)
    assert connections_in_use(container.engine()) == 0


# What step 07 repairs


class FullDisk:
    """Fits the port of audit events, and keeps none."""

    def add(self, user_id: int, action: str) -> None:
        raise OSError("disk full")

    def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return []


def test_flaw_a_sign_up_is_two_transactions(container: Container, recording: Recording) -> None:
    container.user_service().sign_up(NEW_ADA)

    assert recording.count("transaction", "commits") == 2


@often_said(
    "A session for each method is a transaction for each use case.",
    "never held",
    "Two methods are two transactions: the second fails, the first stays, and a retry meets"
    " the taken email.",
    step=6,
)
def test_flaw_a_failing_audit_event_leaves_the_user_and_a_retry_meets_its_email(
    container: Container,
) -> None:
    with (
        container.audit_event_repository.override(Object(FullDisk())),
        pytest.raises(OSError, match="disk full"),
    ):
        container.user_service().sign_up(NEW_ADA)

    assert count_rows(container.engine()) == (1, 0)
    with pytest.raises(EmailTaken):
        container.user_service().sign_up(NEW_ADA)


@often_said(
    "Decorated methods may call each other.",
    "depends",
    "An inner write has a transaction of its own, and on SQLite it waits in vain for an outer"
    " one that has written.",
    step=6,
)
def test_flaw_a_write_inside_a_write_locks_itself_out_on_sqlite(
    monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)

    with pytest.raises(DatabaseUnavailable) as caught:
        SampleRepository(container.with_session()).add_two("ada@example.com", "bob@example.com")

    assert "database is locked" in str(caught.value.__cause__)
    assert count_rows(container.engine()) == (0, 0)


def test_flaw_what_an_inner_call_wrote_outlives_the_rollback_of_the_outer_one(
    container: Container,
) -> None:
    with pytest.raises(RuntimeError):
        SampleRepository(container.with_session()).read_then_add_then_fail("ada@example.com")

    assert count_rows(container.engine()) == (1, 0)


def test_flaw_nested_calls_in_as_many_threads_as_connections_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    """Reads suffice. Each thread holds a connection until all have given up on a second one."""
    monkeypatch.setattr(database, "POOL_SIZE", 4)
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", 0.1)
    notebook = SampleRepository(container.with_session())
    before, after = Barrier(4), Barrier(4)

    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(notebook.count_twice, before, after) for _ in range(4)]

    assert [type(call.exception()) for call in calls] == [DatabaseUnavailable] * 4
    assert connections_in_use(container.engine()) == 0
