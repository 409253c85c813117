"""Step 06: a decorator gives each repository method a session of its own."""

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
from unittest.mock import patch

import pytest
from dependency_injector.providers import Object
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr
from sqlalchemy import Engine, QueuePool, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import DatabaseUnavailable, EmailTaken
from steps.domain.schemas import NewUser
from steps.domain.settings import Settings, load_settings
from steps.infrastructure import database
from steps.infrastructure.database import open_engine
from steps.infrastructure.tables import AuditEventRow, UserRow
from steps.step_06_session_decorator.accessors import Accessors
from steps.step_06_session_decorator.container import Container, open_container
from steps.step_06_session_decorator.main import create_app
from steps.step_06_session_decorator.repositories import AuditEventRepository, UserRepository
from steps.step_06_session_decorator.services import UserService
from steps.step_06_session_decorator.sessions import with_session
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording

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
def session_factory(container: Container) -> sessionmaker[Session]:
    return container.session_factory()


def connections_in_use(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def count_rows(engine: Engine) -> tuple[int, int]:
    """Return how many users and how many audit events there are."""
    with Session(engine) as session:
        users = session.scalar(select(func.count()).select_from(UserRow))
        events = session.scalar(select(func.count()).select_from(AuditEventRow))
    return users or 0, events or 0


def another_engine(folder: Path) -> Engine:
    path = (folder / "another.db").as_posix()
    return open_engine(Settings(database_url=SecretStr(f"sqlite:///{path}")))


# No signature has a session


def functions_of(module: ModuleType) -> Iterator[Callable[..., Any]]:
    """Give out its functions, the methods of its classes and what an accessors module holds."""
    for thing in vars(module).values():
        if getattr(thing, "__module__", "") == module.__name__:
            if inspect.isfunction(thing):
                yield thing
            elif inspect.isclass(thing):
                yield from filter(inspect.isfunction, vars(thing).values())
    if hasattr(module, "Accessors"):
        yield from filter(inspect.isfunction, vars(module.Accessors()).values())


def has_a_session(function: Callable[..., Any]) -> bool:
    signature = inspect.signature(function)
    annotations = {p.annotation for p in signature.parameters.values()}
    annotations.add(signature.return_annotation)
    named = annotations.union(*map(get_args, annotations))
    return "session" in signature.parameters or bool(named & {Session, sessionmaker[Session]})


def signatures_with_a_session(number: int) -> set[str]:
    step = find_step(number)
    names = {path.stem for path in step.folder.glob("*.py")}
    modules = [
        import_module(f"{step.package}.{name}")
        for name in names - {"repositories", "sessions", "container"}
    ]
    return {f.__name__ for module in modules for f in functions_of(module) if has_a_session(f)}


def test_no_signature_outside_the_infrastructure_has_a_session() -> None:
    in_step_05 = {"session", "user_service", "get_session", "get_user_service", "health"}

    assert signatures_with_a_session(4) == in_step_05
    assert signatures_with_a_session(5) == set()


def test_a_request_hands_nothing_over() -> None:
    app = create_app()
    with TestClient(app) as client:
        accessors = app.state.accessors
        with patch.object(accessors, "user_service", wraps=accessors.user_service) as user_service:
            assert client.post("/users", json=ADA).status_code == 201

    user_service.assert_called_once_with()


# What the decorator makes of a method


class SampleRepository:
    """Something that has a session factory, and methods that need a session."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.session_factory = session_factory

    @with_session
    def add(self, session: Session, email: str, *, error: BaseException | None = None) -> Session:
        """Write, then fail if told to."""
        self.row = UserRow(email=email, password_hash="hash")
        session.add(self.row)
        session.flush()
        if error:
            raise error
        return session

    @with_session
    def add_two(self, session: Session, outer: str, inner: str) -> None:
        session.add(UserRow(email=outer, password_hash="hash"))
        session.flush()
        self.add(inner)

    @with_session
    def count_twice(self, session: Session, before: Barrier, after: Barrier) -> None:
        session.connection()
        before.wait(PATIENCE_S)
        try:
            self.count()
        finally:
            after.wait(PATIENCE_S)

    @with_session
    def count(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0

    @with_session
    def read_then_add_then_fail(self, session: Session, email: str) -> None:
        session.scalar(select(UserRow.id))
        self.add(email)
        raise RuntimeError


def test_a_decorated_method_keeps_its_name_and_its_docstring() -> None:
    assert SampleRepository.add.__name__ == "add"
    assert SampleRepository.add.__qualname__ == "SampleRepository.add"
    assert SampleRepository.add.__doc__ == "Write, then fail if told to."


@pytest.mark.parametrize(
    ("method", "in_port"),
    [
        (UserRepository.add, ports.UserRepository.add),
        (UserRepository.get, ports.UserRepository.get),
        (UserRepository.get_by_email, ports.UserRepository.get_by_email),
        (AuditEventRepository.add, ports.AuditEventRepository.add),
        (AuditEventRepository.list_for_user, ports.AuditEventRepository.list_for_user),
    ],
    ids=lambda method: method.__qualname__,
)
def test_without_the_session_its_signature_is_that_of_the_port(
    method: Callable[..., Any], in_port: Callable[..., Any]
) -> None:
    assert inspect.signature(method) == inspect.signature(in_port)


def test_it_refuses_at_decoration_what_runs_after_its_call() -> None:
    async def report(self: SampleRepository, session: Session) -> None: ...

    def stream(self: SampleRepository, session: Session) -> Iterator[int]:
        yield 1

    async def stream_later(self: SampleRepository, session: Session) -> AsyncIterator[int]:
        yield 1

    refused: list[Callable[[SampleRepository, Session], object]] = [report, stream, stream_later]
    for method in refused:
        with pytest.raises(TypeError, match=rf"{method.__name__}: its session would close"):
            with_session(method)


def test_it_refuses_what_runs_after_its_call_in_another_decorator_as_well() -> None:
    async def report(self: SampleRepository, session: Session) -> None: ...

    @wraps(report)
    def wrapped_report(self: SampleRepository, session: Session) -> Coroutine[Any, Any, None]:
        return report(self, session)

    @contextmanager
    def locked(self: SampleRepository, session: Session) -> Iterator[None]:
        yield

    refused: list[Callable[[SampleRepository, Session], object]] = [wrapped_report, locked]
    for method in refused:
        with pytest.raises(TypeError, match=rf"{method.__name__}: its session would close"):
            with_session(method)


def test_it_commits_closes_and_gives_the_connection_back(container: Container) -> None:
    repository = SampleRepository(container.session_factory())
    session = repository.add("ada@example.com")

    assert count_rows(container.engine()) == (1, 0)
    assert not session.in_transaction()
    assert repository.row not in session
    assert connections_in_use(container.engine()) == 0


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()], ids=repr)
def test_after_an_error_it_rolls_back_and_gives_the_connection_back(
    error: BaseException, container: Container, recording: Recording
) -> None:
    with pytest.raises(type(error)):
        SampleRepository(container.session_factory()).add("ada@example.com", error=error)

    assert recording.count("transaction", "rolls back") == 1
    assert recording.left_open() == ["engine 1", "connection 1"]
    assert connections_in_use(container.engine()) == 0
    assert count_rows(container.engine()) == (0, 0)


def test_a_commit_that_fails_reaches_the_caller_and_gives_the_connection_back(
    container: Container,
) -> None:
    session_factory = container.session_factory()

    @event.listens_for(session_factory, "before_commit")
    def fail(_: Session) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        SampleRepository(session_factory).add("ada@example.com")

    assert connections_in_use(container.engine()) == 0
    assert count_rows(container.engine()) == (0, 0)


def test_each_call_is_a_transaction_of_its_own(container: Container, recording: Recording) -> None:
    users = container.user_repository()

    users.get(1)
    users.get(1)

    assert recording.count("transaction", "begins") == 2
    assert recording.count("transaction", "commits") == 2


# What the repositories are to the use cases


def test_the_repositories_fit_their_ports(session_factory: sessionmaker[Session]) -> None:
    """mypy checks the first two lines, and assert_type: callers of a port have no session."""
    users: ports.UserRepository = UserRepository(session_factory)
    audit_events: ports.AuditEventRepository = AuditEventRepository(session_factory)

    ada = users.add("ada@example.com", "hash")
    bob = users.add(email="bob@example.com", password_hash="hash")
    audit_events.add(ada.id, action="signed up")

    assert_type(UserRepository(session_factory).get(1), User | None)
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


def test_the_accessors_give_what_their_types_say(container: Container) -> None:
    accessors = Accessors()
    container.wire(modules=[accessors], warn_unresolved=True)

    service = accessors.user_service()
    assert_type(service, UserService)
    assert isinstance(service, UserService)
    assert accessors.engine() is container.engine()
    assert accessors.settings() is container.settings()
    container.unwire()


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


def test_flaw_a_write_inside_a_write_locks_itself_out_on_sqlite(
    monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)

    with pytest.raises(DatabaseUnavailable) as caught:
        SampleRepository(container.session_factory()).add_two("ada@example.com", "bob@example.com")

    assert "database is locked" in str(caught.value.__cause__)
    assert count_rows(container.engine()) == (0, 0)


def test_flaw_what_an_inner_call_wrote_outlives_the_rollback_of_the_outer_one(
    container: Container,
) -> None:
    with pytest.raises(RuntimeError):
        SampleRepository(container.session_factory()).read_then_add_then_fail("ada@example.com")

    assert count_rows(container.engine()) == (1, 0)


def test_flaw_nested_calls_in_as_many_threads_as_connections_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch, container: Container
) -> None:
    """Reads suffice. Each thread holds a connection until all have given up on a second one."""
    monkeypatch.setattr(database, "POOL_SIZE", 4)
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", 0.1)
    notebook = SampleRepository(container.session_factory())
    before, after = Barrier(4), Barrier(4)

    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(notebook.count_twice, before, after) for _ in range(4)]

    assert [type(call.exception()) for call in calls] == [DatabaseUnavailable] * 4
    assert connections_in_use(container.engine()) == 0
