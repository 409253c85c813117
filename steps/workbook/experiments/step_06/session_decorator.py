"""Ways to decorate a method with a session: what each makes of the method and of its work."""

import ast
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from inspect import signature
from threading import Barrier, Event
from typing import Any
from unittest.mock import patch

import anyio.to_thread
from anyio.from_thread import start_blocking_portal
from dependency_injector.providers import Object
from fastapi import FastAPI
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from pydantic import Secret
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from steps.domain.entities import AuditEvent, User
from steps.domain.errors import DatabaseUnavailable, EmailTaken
from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure import database
from steps.infrastructure.tables import AuditEventRow, UserRow
from steps.step_05_ioc_container import container as step_05
from steps.step_06_session_decorator import container as step_06
from steps.step_06_session_decorator.sessions import with_session
from steps.workbook.catalogue import find_step
from steps.workbook.world.databases import connections_in_use, new_engine
from steps.workbook.world.environment import new_database

PATIENCE_S = 20
"""How long a thread waits for another one before the experiment fails, in seconds."""

ADA = NewUser(email="ada@example.com", password=Secret("correct horse"))

NO_HASH = "where the hash of a password does not matter"

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]


def count_rows(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        tables = {"users": UserRow, "audit events": AuditEventRow}
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }


def new_row(name: str) -> UserRow:
    return UserRow(email=f"{name}@example.com", password_hash=NO_HASH)


# What step 05 asks of those who call it


def script_in_step_05() -> str:
    with (
        new_database(),
        step_05.open_container(load_settings()) as container,
        container.session_factory()() as session,
    ):
        service = container.user_service(users__session=session, audit_events__session=session)
        user = service.sign_up(ADA)
        session.commit()
    return f"{user.email} is signed up"


def script_in_step_06() -> str:
    with new_database(), step_06.open_container(load_settings()) as container:
        user = container.user_service().sign_up(ADA)
    return f"{user.email} is signed up"


def script_in_step_05_without_a_session() -> str:
    with new_database():
        container = step_05.Container(settings=load_settings())
        try:
            container.user_service()
        except TypeError as error:
            return f"TypeError: {error}"
    return "no error"


def script_in_step_05_without_a_commit() -> dict[str, int]:
    with new_engine() as engine:
        container = step_05.Container(settings=load_settings())
        with Session(engine) as session:
            service = container.user_service(users__session=session, audit_events__session=session)
            service.sign_up(ADA)
        return count_rows(engine)


def signatures_with_a_session() -> dict[str, list[str]]:
    """Return the functions of each step that take or return a session, but for the adapters."""
    found: dict[str, list[str]] = {}
    for number in (4, 5):
        names = found[f"step {number:02}"] = []
        for module in ("services", "accessors", "dependencies", "routes"):
            text = (find_step(number).folder / f"{module}.py").read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    returned = ast.unparse(node.returns) if node.returns else ""
                    if "Session" in ast.unparse(node.args) + returned:
                        names.append(f"{module}.{node.name}")
    return found


def thread_hops_of_a_sign_up() -> dict[str, int]:
    hops: dict[str, int] = {}
    new_user = {"email": "ada@example.com", "password": "correct horse"}
    for number in (4, 5):
        with new_database(), TestClient(find_step(number).create_app()) as client:
            with patch("anyio.to_thread.run_sync", wraps=anyio.to_thread.run_sync) as run_sync:
                client.post("/users", json=new_user).raise_for_status()
            hops[f"step {number:02}"] = run_sync.await_count
    return hops


# The session factory of a module

SessionLocal = sessionmaker[Session]()
"""Made by an import. Somebody has to bind it to an engine before the first call."""


def with_session_local(method: Method) -> Method:
    @wraps(method)
    def in_own_session(self: Any, *args: Any, **kwargs: Any) -> Any:
        with SessionLocal.begin() as session:
            return method(self, session, *args, **kwargs)

    return in_own_session


class UsersWithSessionLocal:
    @with_session_local
    def add(self, session: Session, email: str, password_hash: str) -> None:
        session.add(UserRow(email=email, password_hash=password_hash))


def where_the_row_is_after_an_override() -> dict[str, str]:
    with new_engine() as production, new_engine() as test:
        SessionLocal.configure(bind=production)
        container = step_06.Container(settings=load_settings())
        container.session_factory.override(Object(sessionmaker(test)))

        UsersWithSessionLocal().add("ada@example.com", NO_HASH)
        seen = {"SessionLocal": "test" if count_rows(test)["users"] else "production"}

        container.user_repository().add("bob@example.com", NO_HASH)
        seen["step 06"] = "test" if count_rows(test)["users"] else "production"
    return seen


# The decorator that a container injects


def make_session_decorator(session_factory: sessionmaker[Session]) -> Decorator:
    def with_session(method: Method) -> Method:
        @wraps(method)
        def in_own_session(self: Any, *args: Any, **kwargs: Any) -> Any:
            with session_factory.begin() as session:
                return method(self, session, *args, **kwargs)

        return in_own_session

    return with_session


def make_session_decorator_for_bound_methods(session_factory: sessionmaker[Session]) -> Decorator:
    def with_session(method: Method) -> Method:
        @wraps(method)
        def in_own_session(*args: Any, **kwargs: Any) -> Any:
            with session_factory.begin() as session:
                return method(session, *args, **kwargs)

        return in_own_session

    return with_session


class UsersWithInjectedDecorator:
    def __init__(self, with_session: Decorator) -> None:
        self.add = with_session(self._add)

    def _add(self, session: Session, new_user: NewUser) -> None:
        row = UserRow(email=new_user.email, password_hash=NO_HASH)
        session.add(row)


def a_bound_method_has_its_self_already() -> dict[str, str]:
    seen: dict[str, str] = {}
    with new_engine() as engine:
        for make in (make_session_decorator, make_session_decorator_for_bound_methods):
            try:
                UsersWithInjectedDecorator(make(sessionmaker(engine))).add(ADA)
            except AttributeError as error:
                seen[make.__name__] = f"AttributeError: {error}"
            else:
                seen[make.__name__] = f"users kept: {count_rows(engine)['users']}"
    return seen


class AbstractUsers(ABC):
    @abstractmethod
    def count(self) -> int: ...


class AssignedUsers(AbstractUsers):
    def __init__(self, with_session: Decorator) -> None:
        self.count = with_session(self._count)  # type: ignore[method-assign]

    def _count(self, session: Session) -> int:
        return len(session.scalars(select(UserRow.id)).all())


class DecoratedUsers(AbstractUsers):
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.session_factory = session_factory

    @with_session
    def count(self, session: Session) -> int:
        return len(session.scalars(select(UserRow.id)).all())


def an_abstract_class_wants_methods_of_the_class() -> dict[str, str]:
    seen: dict[str, str] = {}
    with new_engine() as engine:
        session_factory = sessionmaker(engine)
        decorator = make_session_decorator_for_bound_methods(session_factory)
        arguments: dict[Callable[..., AbstractUsers], object] = {
            AssignedUsers: decorator,
            DecoratedUsers: session_factory,
        }
        for users, argument in arguments.items():
            try:
                seen[users.__name__] = f"users counted: {users(argument).count()}"
            except TypeError as error:  # from Python 3.12 on, the rest of the text is another one
                seen[users.__name__] = f"TypeError: {str(error).partition(' with')[0]}"
    return seen


# What leaves the method


def just_return(session: Session, row: UserRow) -> UserRow:
    return row


def flush_and_refresh(session: Session, row: UserRow) -> UserRow:
    session.flush()
    session.refresh(row)
    return row


def flush_and_expunge(session: Session, row: UserRow) -> UserRow:
    session.flush()
    session.expunge(row)
    return row


def map_without_flush(session: Session, row: UserRow) -> User:
    return row.to_entity()


def flush_and_map(session: Session, row: UserRow) -> User:
    session.flush()
    return row.to_entity()


class UsersThatLeave:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.session_factory = session_factory

    @with_session
    def add(
        self, session: Session, leave: Callable[[Session, UserRow], UserRow | User]
    ) -> UserRow | User:
        row = new_row("ada")
        session.add(row)
        return leave(session, row)

    @with_session
    def get(self, session: Session) -> UserRow | None:
        return session.scalar(select(UserRow))


def read(user: UserRow | User | None) -> str:
    try:
        return f"id {user.id}, {user.email}" if user else "nobody"
    except DetachedInstanceError:
        return "DetachedInstanceError"


def what_a_caller_reads() -> dict[str, str]:
    seen: dict[str, str] = {}
    with new_engine() as engine:
        seen["just_return"] = read(UsersThatLeave(sessionmaker(engine)).add(just_return))
    with new_engine() as engine:
        users = UsersThatLeave(sessionmaker(engine, expire_on_commit=False))
        seen["just_return, expire_on_commit=False"] = read(users.add(just_return))
    for leave in (map_without_flush, flush_and_map):
        with new_engine() as engine:
            seen[leave.__name__] = read(UsersThatLeave(sessionmaker(engine)).add(leave))
    return seen


def what_a_caller_reads_in_other_ways() -> dict[str, str]:
    seen: dict[str, str] = {}
    for leave in (flush_and_refresh, flush_and_expunge):
        with new_engine() as engine:
            users = UsersThatLeave(sessionmaker(engine))
            seen[leave.__name__] = read(users.add(leave))
            seen["what a query found"] = read(users.get())
    return seen


# What runs after its call


async def add_later(self: object, session: Session, seen: dict[str, Any]) -> None:
    seen["transaction open when the body runs"] = session.in_transaction()
    session.add(new_row("ada"))
    session.flush()
    seen["session"] = session  # keeps it from the garbage collector


def stream_ids(self: object, session: Session, seen: dict[str, Any]) -> Iterator[int]:
    seen["transaction open when the body runs"] = session.in_transaction()
    seen["session"] = session
    yield from session.scalars(select(UserRow.id))


async def stream_later(self: object, session: Session) -> AsyncIterator[int]:
    yield 1


def a_naive_decorator_ends_before_the_body_begins() -> dict[str, dict[str, int | bool]]:
    outcomes: dict[str, dict[str, int | bool]] = {}
    for method in (add_later, stream_ids):
        seen: dict[str, Any] = {}
        with new_engine() as engine:
            decorated = make_session_decorator(sessionmaker(engine))(method)
            if method is add_later:
                with start_blocking_portal() as portal:
                    portal.call(decorated, None, seen)
            else:
                list(decorated(None, seen))
            session = seen.pop("session")
            seen["connections in use afterwards"] = connections_in_use(engine)
            session.close()
            outcomes[method.__name__] = {**seen, "users kept": count_rows(engine)["users"]}
    return outcomes


def step_06_refuses_what_runs_after_its_call() -> list[str]:
    errors: list[str] = []
    for method in (add_later, stream_ids, stream_later):
        decorate: Decorator = with_session
        try:
            decorate(method)
        except TypeError as error:
            errors.append(f"TypeError: {error}")
    return errors


# A session decorator on a route


def without_wraps(function: Method) -> Method:
    def in_own_session(*args: Any, **kwargs: Any) -> Any:
        with SessionLocal.begin() as session:
            return function(session, *args, **kwargs)

    return in_own_session


def with_wraps(function: Method) -> Method:
    return wraps(function)(without_wraps(function))


def with_own_signature(function: Method) -> Method:
    in_own_session = with_wraps(function)
    _session, *others = signature(function).parameters.values()
    in_own_session.__signature__ = signature(function).replace(  # type: ignore[attr-defined]
        parameters=others
    )
    return in_own_session


def count_users(session, page: int = 1) -> str:  # type: ignore[no-untyped-def]
    return f"users on page {page}: {len(session.scalars(select(UserRow.id)).all())}"


def count_users_typed(session: Session, page: int = 1) -> str:
    return str(count_users(session, page))


def what_a_decorated_route_asks_for() -> dict[str, str]:
    seen: dict[str, str] = {}
    with new_engine() as engine:
        SessionLocal.configure(bind=engine)
        for decorate in (without_wraps, with_wraps, with_own_signature):
            for endpoint in (count_users, count_users_typed):
                seen[f"{decorate.__name__}, {endpoint.__name__}"] = answer_of(decorate(endpoint))
    return seen


def answer_of(endpoint: Method) -> str:
    app = FastAPI()
    try:
        app.get("/users")(endpoint)
    except FastAPIError as error:
        return f"FastAPIError: {str(error).partition('!')[0]}"
    answer = TestClient(app).get("/users")
    if answer.status_code == 422:
        return f"422 asks for {[problem['loc'][-1] for problem in answer.json()['detail']]}"
    return f"{answer.status_code} {answer.json()}"


# Threads


def meet_in_the_commit(session_factory: sessionmaker[Session]) -> tuple[Event, Barrier]:
    """Hold each commit until sixteen threads commit or have failed to."""
    one_commits, all_there = Event(), Barrier(16)

    @event.listens_for(session_factory, "before_commit")
    def wait_for_the_others(_: Session) -> None:
        one_commits.set()
        all_there.wait(PATIENCE_S)

    return one_commits, all_there


def commit_in_sixteen_threads(engine: Engine, share: bool) -> dict[str, int]:
    session_factory = sessionmaker(engine)
    shared = session_factory()
    one_commits, all_there = meet_in_the_commit(session_factory)

    def add(number: int) -> bool:
        if number > 0:
            one_commits.wait(PATIENCE_S)
        session = shared if share else session_factory()
        session.add(new_row(f"user{number}"))
        try:
            session.commit()
        except InvalidRequestError:
            all_there.wait(PATIENCE_S)
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        commits = sum(threads.map(add, range(16)))
    return {"commits that succeed": commits, "users kept": count_rows(engine)["users"]}


def sixteen_threads() -> dict[str, dict[str, int]]:
    with patch.object(database, "POOL_SIZE", 16), new_engine() as one, new_engine() as another:
        return {
            "one session for all": commit_in_sixteen_threads(one, share=True),
            "a session per call": commit_in_sixteen_threads(another, share=False),
        }


# Calls inside calls


class NestingUsers:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.session_factory = session_factory

    @with_session
    def add(self, session: Session, name: str) -> None:
        session.add(new_row(name))

    @with_session
    def count(self, session: Session) -> int:
        return len(session.scalars(select(UserRow.id)).all())

    @with_session
    def add_two(self, session: Session) -> None:
        session.add(new_row("ada"))
        session.flush()
        self.add("bob")  # in a session, a transaction and a connection of its own

    @with_session
    def add_inside_then_fail(self, session: Session) -> None:
        self.add("bob")
        raise OSError

    @with_session
    def count_twice(self, session: Session, all_hold_one: Barrier, all_gave_up: Barrier) -> None:
        session.connection()
        all_hold_one.wait(PATIENCE_S)
        try:
            self.count()
        finally:
            all_gave_up.wait(PATIENCE_S)


def a_write_inside_a_write_locks_itself_out() -> dict[str, object]:
    with patch.object(database, "BUSY_TIMEOUT_MS", 50), new_engine() as engine:
        try:
            NestingUsers(sessionmaker(engine)).add_two()
        except DatabaseUnavailable as error:
            cause = str(getattr(error.__cause__, "orig", error.__cause__))
            return {"error": cause, **count_rows(engine)}
    return {"error": "no error"}


def what_an_inner_call_wrote_outlives_the_outer_rollback() -> dict[str, int]:
    with new_engine() as engine:
        try:
            NestingUsers(sessionmaker(engine)).add_inside_then_fail()
        except OSError:
            return count_rows(engine)
    return {}


def four_nested_calls_empty_a_pool_of_four() -> list[str]:
    """Each thread keeps its connection until all four have waited in vain for a second one."""
    all_hold_one, all_gave_up = Barrier(4), Barrier(4)
    with (
        patch.multiple(database, POOL_SIZE=4, POOL_TIMEOUT_S=0.1),
        new_engine() as engine,
        ThreadPoolExecutor(4) as threads,
    ):
        users = NestingUsers(sessionmaker(engine))
        calls = [threads.submit(users.count_twice, all_hold_one, all_gave_up) for _ in range(4)]
        return [type(call.exception(PATIENCE_S)).__name__ for call in calls]


# One use case, two transactions


class FullDisk:
    """An adapter for audit events that fits the port and keeps none."""

    def add(self, user_id: int, action: str) -> None:
        raise OSError("disk full")

    def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return []


def sign_up_while_audit_events_fail() -> dict[str, object]:
    seen: dict[str, object] = {}
    with new_engine() as engine:
        container = step_06.Container(settings=load_settings())
        container.engine.override(Object(engine))
        try:
            with container.audit_event_repository.override(Object(FullDisk())):
                container.user_service().sign_up(ADA)
        except OSError as error:
            seen["sign-up"] = f"OSError: {error}"
        seen |= count_rows(engine)
        try:
            container.user_service().sign_up(ADA)
        except EmailTaken as error:
            seen["retry"] = f"EmailTaken: {error}"
    return seen
