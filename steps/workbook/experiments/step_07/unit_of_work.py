"""What one `with` around one transaction keeps and undoes, and how to break that promise."""

import ast
import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from contextvars import ContextVar
from threading import Barrier, Event
from unittest.mock import patch

from anyio.from_thread import start_blocking_portal
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Factory
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool, create_engine, event, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, PendingRollbackError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from steps.domain import ports
from steps.domain.entities import User
from steps.domain.errors import DatabaseUnavailable, EmailTaken
from steps.domain.schemas import NewUser
from steps.infrastructure import database
from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.passwords import PasswordHasher
from steps.infrastructure.tables import AuditEventRow, Table, UserRow
from steps.step_07_context_manager.container import Container
from steps.step_07_context_manager.main import create_app
from steps.step_07_context_manager.repositories import AuditEventRepository, UserRepository
from steps.step_07_context_manager.services import UserService
from steps.step_07_context_manager.sessions import UnitOfWork
from steps.workbook.catalogue import STEPS, Step, find_step
from steps.workbook.fakes.in_memory import InMemoryUnitOfWork, PlainHasher
from steps.workbook.recording.recorder import record
from steps.workbook.world.databases import new_engine
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import client_of, serve, server_log
from steps.workbook.world.singletons import fresh_app

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""

ADA = {"email": "ada@example.com", "password": "correct horse"}


@contextmanager
def new_plain_engine() -> Iterator[Engine]:
    """Give out what `create_engine` alone makes."""
    with new_database() as url:
        engine = create_engine(url)
        Table.metadata.create_all(engine)
        try:
            yield engine
        finally:
            engine.dispose()


def unit_of_work_on(engine: Engine) -> UnitOfWork:
    return UnitOfWork(sessionmaker(engine), UserRepository, AuditEventRepository)


def new_user(name: str) -> UserRow:
    return UserRow(email=f"{name}@example.com", password_hash="-")  # noqa: S106


def names(engine: Engine) -> list[str]:
    """Return who is signed up, in order of their ids."""
    with Session(engine) as session:
        emails = session.scalars(select(UserRow.email).order_by(UserRow.id))
        return [email.partition("@")[0] for email in emails]


# A sign-up on a running app, while the database refuses audit events


@contextmanager
def refusing_audit_events(url: str) -> Iterator[None]:
    """Let the database refuse every audit event, as a full disk or a broken rule would."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.isolation_level = None
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER refuse")


def sign_up_while_events_are_refused(number: int) -> dict[str, int]:
    with (
        new_database() as url,
        server_log(),
        serve(find_step(number).create_app()) as address,
        client_of(address) as client,
    ):
        with refusing_audit_events(url):
            sign_up = client.post("/users", json=ADA).status_code
        user = client.get("/users/1").status_code
        retry = client.post("/users", json=ADA).status_code
    return {"POST /users": sign_up, "GET /users/1": user, "POST /users again": retry}


def step_06_leaves_a_sign_up_half_done() -> dict[str, int]:
    return sign_up_while_events_are_refused(5)


def step_07_leaves_nothing_of_it() -> dict[str, int]:
    return sign_up_while_events_are_refused(6)


# A context manager that gives out a session, used in each method of a repository


class Sessions:
    """Gives out a session for one `with` block, and commits at its end."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(self) -> AbstractContextManager[Session]:
        return self._session_factory.begin()


class SelfServingRepository:
    """Opens its own `with` in each method."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def add_user(self, name: str) -> UserRow:
        with self._sessions() as session:
            user = new_user(name)
            session.add(user)
            return user

    def add_event(self, user_id: int) -> None:
        with self._sessions() as session:
            session.add(AuditEventRow(user_id=user_id, action="signed up"))


NOBODY = 7
"""An id that no user has: the database refuses an audit event of nobody."""


def a_container_without_the_session_factory_it_names() -> str:
    module = """
class Container(DeclarativeContainer):
    sessions = Factory(Sessions, session_factory)
"""
    names = {"DeclarativeContainer": DeclarativeContainer, "Factory": Factory, "Sessions": Sessions}
    try:
        exec(module, names)  # noqa: S102
    except NameError as error:
        return f"NameError: {error}"
    return "no error"


def a_row_that_leaves_its_with_is_detached() -> str:
    with new_engine() as engine:
        user = SelfServingRepository(Sessions(sessionmaker(engine))).add_user("ada")
        try:
            return user.email
        except DetachedInstanceError as error:
            return type(error).__name__


def a_with_in_each_method() -> list[str]:
    """Return who is signed up after a sign-up whose audit event fails."""
    with new_engine() as engine:
        repository = SelfServingRepository(Sessions(sessionmaker(engine)))
        with suppress(IntegrityError):
            repository.add_user("ada")
            repository.add_event(NOBODY)
        return names(engine)


def a_with_around_the_use_case() -> list[str]:
    """Return who is signed up after a sign-up whose audit event fails."""
    with new_engine() as engine:
        unit_of_work = unit_of_work_on(engine)
        with suppress(IntegrityError), unit_of_work() as transaction:
            transaction.users.add("ada@example.com", "-")
            transaction.audit_events.add(NOBODY, "signed up")
            transaction.commit()
        return names(engine)


# An error that somebody catches inside


def add_ada_twice(session: Session) -> None:
    session.add(new_user("ada"))
    session.flush()
    session.add(new_user("ada"))
    with suppress(IntegrityError):
        session.flush()


def commit_at_the_end(session_factory: sessionmaker[Session]) -> None:
    with session_factory.begin() as session:
        add_ada_twice(session)


def commit_by_name(session_factory: sessionmaker[Session]) -> None:
    with session_factory() as session:
        add_ada_twice(session)
        session.commit()


def what_remains_of(use_case: Callable[[sessionmaker[Session]], None]) -> dict[str, object]:
    with new_engine() as engine:
        error = "none"
        try:
            use_case(sessionmaker(engine))
        except PendingRollbackError as raised:
            error = type(raised).__name__
        return {"error": error, "signed up": names(engine)}


def a_commit_at_the_end_keeps_nothing_and_does_not_say_so() -> dict[str, object]:
    return what_remains_of(commit_at_the_end)


def a_commit_by_name_says_that_it_keeps_nothing() -> dict[str, object]:
    return what_remains_of(commit_by_name)


def a_savepoint_undoes_only_what_failed() -> list[str]:
    with new_engine() as engine:
        with unit_of_work_on(engine)() as transaction:
            for name in ("ada", "ada", "grace"):
                with suppress(EmailTaken), transaction.savepoint():
                    transaction.users.add(f"{name}@example.com", "-")
            transaction.commit()
        return names(engine)


def roll_back_after_a_savepoint(engine: Engine) -> list[str]:
    with Session(engine) as session:
        with session.begin_nested():
            session.add(new_user("ada"))
        session.rollback()
    return names(engine)


def a_released_savepoint_survives_the_rollback_of_a_plain_engine() -> list[str]:
    with new_plain_engine() as engine:
        return roll_back_after_a_savepoint(engine)


def a_released_savepoint_is_undone_with_ours() -> list[str]:
    with new_engine() as engine:
        return roll_back_after_a_savepoint(engine)


# A `with` inside a `with`


def a_nested_write_locks_itself_out() -> dict[str, object]:
    with patch.object(database, "BUSY_TIMEOUT_MS", 50), new_engine() as engine:
        unit_of_work = unit_of_work_on(engine)
        with unit_of_work() as outer:
            outer.users.add("ada@example.com", "-")
            try:
                with unit_of_work() as inner:
                    inner.users.add("grace@example.com", "-")
            except DatabaseUnavailable as error:
                refusal = type(error).__name__
            outer.commit()
        return {"inner write": refusal, "signed up": names(engine)}


def what_an_inner_transaction_commits_survives_the_outer_error() -> list[str]:
    with new_engine() as engine:
        unit_of_work = unit_of_work_on(engine)
        with suppress(KeyError), unit_of_work() as outer:
            with unit_of_work() as inner:
                inner.users.add("grace@example.com", "-")
                inner.commit()
            outer.users.add("ada@example.com", "-")
            raise KeyError
        return names(engine)


def read_twice_in_nested_blocks(unit_of_work: UnitOfWork, everybody: Barrier) -> None:
    with unit_of_work() as outer:
        outer.users.get(1)
        everybody.wait(PATIENCE_S)
        try:
            with unit_of_work() as inner:
                inner.users.get(2)
        finally:
            everybody.wait(PATIENCE_S)


def read_twice_in_one_block(unit_of_work: UnitOfWork, everybody: Barrier) -> None:
    with unit_of_work() as transaction:
        transaction.users.get(1)
        everybody.wait(PATIENCE_S)
        transaction.users.get(2)
        everybody.wait(PATIENCE_S)


def four_threads_with_four_connections(
    use_case: Callable[[UnitOfWork, Barrier], None],
) -> dict[str, int]:
    everybody = Barrier(4)
    with (
        patch.multiple(database, POOL_SIZE=4, POOL_TIMEOUT_S=0.05),
        new_engine() as engine,
        ThreadPoolExecutor(4) as threads,
    ):
        unit_of_work = unit_of_work_on(engine)
        calls = [threads.submit(use_case, unit_of_work, everybody) for _ in range(4)]
        errors = [call.exception() for call in calls]
    unavailable = sum(isinstance(error, DatabaseUnavailable) for error in errors)
    return {"done": errors.count(None), "DatabaseUnavailable": unavailable}


def nested_blocks_need_two_connections_each() -> dict[str, int]:
    return four_threads_with_four_connections(read_twice_in_nested_blocks)


def one_block_needs_one_connection() -> dict[str, int]:
    return four_threads_with_four_connections(read_twice_in_one_block)


# A session that calls find by themselves


current_session: ContextVar[Session | None] = ContextVar("current_session", default=None)


@contextmanager
def joined_transaction(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """Join the transaction around us. If there is none, begin one."""
    outer = current_session.get()
    if outer is not None:
        yield outer
        return
    with session_factory.begin() as session:
        token = current_session.set(session)
        try:
            yield session
        finally:
            current_session.reset(token)


def nested_calls_join_the_outer_transaction() -> dict[str, object]:
    with new_engine() as engine:
        session_factory = sessionmaker(engine)
        with suppress(KeyError), joined_transaction(session_factory) as outer:
            with joined_transaction(session_factory) as inner:
                inner.add(new_user("ada"))
            raise KeyError
        return {"one session": inner is outer, "signed up": names(engine)}


found: ContextVar[str] = ContextVar("found", default="nothing")


def set_in_a_thread() -> Iterator[None]:
    found.set("a session")
    yield


async def set_in_the_event_loop() -> AsyncIterator[None]:
    found.set("a session")
    yield


def what_an_endpoint_finds_in_a_context_variable() -> dict[str, str]:
    app = FastAPI()

    @app.get("/def", dependencies=[Depends(set_in_a_thread)])
    @app.get("/async-def", dependencies=[Depends(set_in_the_event_loop)])
    def look() -> str:
        return found.get()

    client = TestClient(app)
    return {way: client.get(f"/{way}").json() for way in ("def", "async-def")}


def join_and_add(session_factory: sessionmaker[Session], name: str) -> None:
    with joined_transaction(session_factory) as session:
        session.add(new_user(name))
        session.flush()


async def add_four_in_one_scope(
    session_factory: sessionmaker[Session], flushing: Event, go_on: Event
) -> list[BaseException | None]:
    """Return what became of the three tasks that try while the first one's flush is held."""
    with joined_transaction(session_factory):
        first = asyncio.create_task(asyncio.to_thread(join_and_add, session_factory, "ada"))
        await asyncio.to_thread(flushing.wait, PATIENCE_S)
        others = ("alan", "edsger", "grace")
        attempts = [asyncio.to_thread(join_and_add, session_factory, name) for name in others]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        go_on.set()
        await first
    return outcomes


def tasks_in_one_scope_share_the_session() -> dict[str, int]:
    flushing, go_on = Event(), Event()

    def hold(*_: object) -> None:
        flushing.set()
        go_on.wait(PATIENCE_S)

    with new_engine() as engine, start_blocking_portal() as portal:
        session_factory = sessionmaker(engine)
        event.listen(session_factory, "before_flush", hold)
        outcomes = portal.call(add_four_in_one_scope, session_factory, flushing, go_on)
        failed = sum(isinstance(outcome, InvalidRequestError) for outcome in outcomes)
        return {"tasks": 1 + len(outcomes), "failed": failed, "rows": len(names(engine))}


# A unit of work that keeps a session


class OneSessionForAll:
    """The classic mistake: what belongs to one request is kept where all requests share it."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(self) -> "OneSessionForAll":
        return self

    def __enter__(self) -> "OneSessionForAll":
        self.session = self._session_factory()
        self.users = UserRepository(self.session)
        self.audit_events = AuditEventRepository(self.session)
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def commit(self) -> None:
        self.session.commit()

    def savepoint(self) -> AbstractContextManager[object]:
        return self.session.begin_nested()


def ada_commits_and_grace_gives_up(unit_of_work: ports.UnitOfWork) -> None:
    """Two requests are in their `with` at once; Grace leaves hers before Ada commits."""
    both, ada_has_written, grace_is_gone = Barrier(2), Event(), Event()

    def ada() -> None:
        with unit_of_work() as transaction:
            both.wait(PATIENCE_S)
            transaction.users.add("ada@example.com", "-")
            ada_has_written.set()
            grace_is_gone.wait(PATIENCE_S)
            transaction.commit()

    def grace() -> None:
        with unit_of_work():
            both.wait(PATIENCE_S)
            ada_has_written.wait(PATIENCE_S)
        grace_is_gone.set()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda request: request(), [ada, grace]))


def a_unit_of_work_that_keeps_a_session_loses_ada() -> list[str]:
    with new_engine() as engine:
        ada_commits_and_grace_gives_up(OneSessionForAll(sessionmaker(engine)))
        return names(engine)


def a_unit_of_work_that_keeps_none_does_not() -> list[str]:
    with new_engine() as engine:
        ada_commits_and_grace_gives_up(unit_of_work_on(engine))
        return names(engine)


# What step 07 does not notice


class ForgetfulService(UserService):
    """A sign-up whose author forgot the commit."""

    def sign_up(self, new_user: NewUser) -> User:
        with self._unit_of_work() as transaction:
            return transaction.users.add(new_user.email, "-")


def users_kept_in_memory(service: type[UserService]) -> int:
    """Sign somebody up without a database and without FastAPI."""
    unit_of_work = InMemoryUnitOfWork()
    service(unit_of_work, PlainHasher()).sign_up(NewUser.model_validate(ADA))
    return len(unit_of_work.users)


def a_forgotten_commit_answers_201_and_keeps_nothing() -> dict[str, int]:
    app = create_app()
    with new_database(), TestClient(app) as client:
        container: Container = app.state.container
        forgetful = Factory(ForgetfulService, container.unit_of_work, container.password_hasher)
        with container.user_service.override(forgetful):
            status = client.post("/users", json=ADA).status_code
        return {"POST /users": status, "GET /users/1": client.get("/users/1").status_code}


def a_write_after_the_commit_is_lost() -> list[str]:
    with new_engine() as engine:
        with unit_of_work_on(engine)() as transaction:
            transaction.users.add("ada@example.com", "-")
            transaction.commit()
            transaction.users.add("grace@example.com", "-")
        return names(engine)


# The six steps side by side


@contextmanager
def opened_engines() -> Iterator[list[Engine]]:
    """Give out the engines that are opened, and close them at the end, for steps that do not."""
    engines: list[Engine] = []

    def note(change: Change, _: str, subject: object) -> None:
        if change == "opened" and isinstance(subject, Engine):
            engines.append(subject)

    listeners.append(note)
    try:
        yield engines
    finally:
        listeners.remove(note)
        for engine in engines:
            engine.dispose()


def connections_in_use(engines: list[Engine]) -> int:
    return sum(e.pool.checkedout() for e in engines if isinstance(e.pool, QueuePool))


def use_cases_know_only_the_domain(step: Step) -> bool:
    tree = ast.parse((step.folder / "services.py").read_text(encoding="utf-8"))
    modules = [str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return all(module.startswith("steps.domain") for module in modules)


def sign_up_log_in_and_fail(client: TestClient, url: str) -> None:
    client.post("/users", json=ADA)
    client.post("/login", json=ADA)
    with refusing_audit_events(url):
        client.post("/users", json={**ADA, "email": "grace@example.com"})


def what_a_step_can_do(step: Step) -> dict[str, bool]:
    with new_database() as url, opened_engines() as engines, fresh_app(step.number) as app:
        held: list[int] = []

        def verify(*_: object) -> bool:
            held.append(connections_in_use(engines))
            return True

        test_client = TestClient(app, raise_server_exceptions=False)
        with record() as recording, test_client, patch.object(PasswordHasher, "verify", verify):
            sign_up_log_in_and_fail(test_client, url)
        return {
            "one engine for all requests": len(engines) == 1,
            "the engine is closed": recording.count("engine", "closed") == len(engines),
            "the use cases import only the domain": use_cases_know_only_the_domain(step),
            "no connection held while verifying a password": held == [0],
            "a failed sign-up leaves no user": names(engines[0]) == ["ada"],
        }


def what_each_step_can_do() -> dict[int, dict[str, bool]]:
    return {step.number: what_a_step_can_do(step) for step in STEPS[:6]}
