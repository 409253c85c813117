"""What an AsyncEngine and its sessions want, and what a container must not do with them."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Factory, Resource
from pydantic import Secret
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.infrastructure.passwords import AsyncPasswordHasher
from steps.infrastructure.tables import UserRow
from steps.step_08_async.container import Container, open_container
from steps.step_08_async.repositories import AuditEventRepository, UserRepository
from steps.step_08_async.services import UserService
from steps.step_08_async.sessions import UnitOfWork
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop


@asynccontextmanager
async def new_async_engine() -> AsyncIterator[AsyncEngine]:
    """Give out an engine on a new SQLite file in which Ada is signed up."""
    with new_database():
        engine = open_async_engine(load_settings())
        try:
            async with AsyncSession(engine) as session:
                session.add(new_row("ada"))
                await session.commit()
            yield engine
        finally:
            await engine.dispose()


def new_row(name: str) -> UserRow:
    return UserRow(email=f"{name}@example.com", password_hash="-")  # noqa: S106


async def names(engine: AsyncEngine) -> list[str]:
    """Return who is signed up, in order of their ids."""
    async with AsyncSession(engine) as session:
        emails = await session.scalars(select(UserRow.email).order_by(UserRow.id))
        return [email.partition("@")[0] for email in emails]


def with_engine(function: Callable[[AsyncEngine], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with new_async_engine() as engine:
            return await function(engine)

    return on_event_loop(run)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Show none, also not of a statement that nobody awaited, which comes with the garbage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


# The container


def create_async_engine_itself_awaits_nothing() -> dict[str, bool]:
    engine = create_async_engine("sqlite+aiosqlite:///never-made.db")
    return {
        "create_async_engine is async": iscoroutinefunction(create_async_engine),
        "engine.connect() has to be awaited": isawaitable(engine.connect()),
        "engine.dispose is async": iscoroutinefunction(engine.dispose),
    }


async def open_engine_and_close_it() -> AsyncIterator[AsyncEngine]:
    engine = open_async_engine(load_settings())
    yield engine
    await engine.dispose()


class WithResource(DeclarativeContainer):
    engine = Resource(open_engine_and_close_it)
    session_factory = Factory(async_sessionmaker[AsyncSession], engine)
    unit_of_work = Factory(UnitOfWork, session_factory, UserRepository, AuditEventRepository)
    password_hasher = Factory(AsyncPasswordHasher)
    user_service = Factory(UserService, unit_of_work, password_hasher)


MADE = ("engine", "session_factory", "unit_of_work", "password_hasher", "user_service")


async def types_made_by(container: Any) -> dict[str, str]:
    made = {name: container.providers[name]() for name in MADE}
    await asyncio.gather(*filter(isawaitable, made.values()))
    engine: Any = made["engine"]
    await (engine.result() if isinstance(engine, asyncio.Future) else engine).dispose()
    return {name: type(thing).__name__.strip("_") for name, thing in made.items()}


def an_async_resource_makes_a_future_of_all_that_depend_on_it() -> dict[str, str]:
    with new_database():
        return on_event_loop(types_made_by, WithResource())


def a_singleton_engine_makes_what_it_says() -> dict[str, str]:
    with new_database():
        return on_event_loop(types_made_by, Container(settings=load_settings()))


# One session, several tasks


async def look_up(session: AsyncSession) -> str:
    try:
        user = await session.scalar(select(UserRow))
    except InvalidRequestError as error:
        return type(error).__name__
    return user.email if user else "nobody"


async def sign_up(session: AsyncSession, name: str) -> str:
    session.add(new_row(name))
    try:
        await session.flush()
    except InvalidRequestError as error:
        return type(error).__name__
    return "written"


async def look_up_four_times(engine: AsyncEngine) -> list[str]:
    async with AsyncSession(engine) as session:
        return await asyncio.gather(*(look_up(session) for _ in range(4)))


async def look_up_four_times_on_a_new_connection(engine: AsyncEngine) -> list[str]:
    await engine.dispose()
    return await look_up_four_times(engine)


async def sign_four_up(engine: AsyncEngine) -> list[str]:
    async with AsyncSession(engine) as session:
        return await asyncio.gather(*(sign_up(session, name) for name in "abcd"))


async def sign_four_up_in_a_session_each(engine: AsyncEngine) -> list[str]:
    async def in_own_session(name: str) -> str:
        async with AsyncSession(engine) as session:
            outcome = await sign_up(session, name)
            await session.commit()
            return outcome

    return await asyncio.gather(*(in_own_session(name) for name in "abcd"))


def four_tasks_in_one_session() -> dict[str, list[str]]:
    with without_warnings():  # SQLAlchemy's own, of an `add` during somebody else's flush
        return {
            "look up": with_engine(look_up_four_times),
            "look up, connecting first": with_engine(look_up_four_times_on_a_new_connection),
            "sign up": with_engine(sign_four_up),
            "sign up, a session each": with_engine(sign_four_up_in_a_session_each),
        }


# An attribute that has to be loaded


async def email_after_the_commit(engine: AsyncEngine, expires: bool = True) -> str:
    async with AsyncSession(engine, expire_on_commit=expires) as session:
        row = new_row("grace")
        session.add(row)
        await session.commit()
        try:
            return row.email
        except StatementError as error:
            return type(error.orig).__name__


async def email_of_a_row_that_does_not_expire(engine: AsyncEngine) -> str:
    return await email_after_the_commit(engine, expires=False)


async def email_of_an_entity(engine: AsyncEngine) -> str:
    async with AsyncSession(engine) as session:
        user = await UserRepository(session).add("grace@example.com", "-")
        await session.commit()
        return user.email


def reading_after_the_commit() -> dict[str, str]:
    with without_warnings():
        return {
            "a row": with_engine(email_after_the_commit),
            "a row that does not expire": with_engine(email_of_a_row_that_does_not_expire),
            "an entity": with_engine(email_of_an_entity),
        }


# Cancelled half-way


async def cancel_a_sign_up_between_its_writes(container: Container) -> dict[str, object]:
    arrived = asyncio.Event()

    class EndlessAuditEvents(AuditEventRepository):
        async def add(self, user_id: int, action: str) -> None:
            arrived.set()
            await asyncio.Event().wait()

    new_user = NewUser(email="grace@example.com", password=Secret("correct horse"))
    with (
        container.audit_event_repository.override(Factory(EndlessAuditEvents)),
        container.password_hasher.override(Factory(AsyncPlainHasher)),
    ):
        sign_up = asyncio.create_task(container.user_service().sign_up(new_user))
        await arrived.wait()
        sign_up.cancel()
        (outcome,) = await asyncio.gather(sign_up, return_exceptions=True)
    pool: Any = container.engine().pool
    return {
        "outcome": type(outcome).__name__,
        "users": await names(container.engine()),
        "connections in use": pool.checkedout(),
    }


def a_cancelled_sign_up_leaves_nothing() -> dict[str, object]:
    async def run() -> dict[str, object]:
        async with open_container(load_settings()) as container:
            return await cancel_a_sign_up_between_its_writes(container)

    with new_database():
        return on_event_loop(run)


# One engine, one event loop


async def forty_look_ups(engine: AsyncEngine) -> str:
    """More than there are connections, so that some stand in line."""
    outcomes = await asyncio.gather(*(names(engine) for _ in range(40)), return_exceptions=True)
    return "RuntimeError" if any(isinstance(o, RuntimeError) for o in outcomes) else "done"


def an_engine_that_moves_to_another_event_loop() -> list[str]:
    with new_database():
        engine = open_async_engine(load_settings())
        try:
            return [on_event_loop(forty_look_ups, engine) for _ in range(2)]
        finally:
            on_event_loop(engine.dispose)
