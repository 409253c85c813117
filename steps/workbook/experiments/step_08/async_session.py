"""What an AsyncEngine and its sessions do not forgive."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from dependency_injector.providers import Factory
from pydantic import Secret
from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.infrastructure.tables import UserRow
from steps.step_08_async.container import Container, open_container
from steps.step_08_async.repositories import AuditEventRepository, UserRepository
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.world.databases import connections_in_use, new_user
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop


@asynccontextmanager
async def new_async_engine() -> AsyncIterator[AsyncEngine]:
    """Give out an engine on a new SQLite file."""
    with new_database():
        engine = open_async_engine(load_settings())
        try:
            yield engine
        finally:
            await engine.dispose()


async def who_is_signed_up(engine: AsyncEngine) -> list[str]:
    """Return their names in order of their ids."""
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


# One session, several tasks


async def look_up(session: AsyncSession, name: str) -> str:
    try:
        await session.scalar(select(UserRow).where(UserRow.email == f"{name}@example.com"))
    except InvalidRequestError:
        return "refused"
    return "done"


async def add_user(session: AsyncSession, name: str) -> str:
    session.add(new_user(name))
    try:
        await session.flush()
    except InvalidRequestError:
        return "refused"
    return "done"


Work = Callable[[AsyncSession, str], Awaitable[str]]


async def refused_in_one_session(
    engine: AsyncEngine, work: Work, *, connects: bool = False, begins: bool = False
) -> int:
    """Return how many of four tasks are refused.

    `connects`: no connection is in the pool. `begins`: the session has had a first statement.
    """
    if connects:
        await engine.dispose()
    async with AsyncSession(engine) as session:
        if begins:
            await session.execute(text("SELECT 1"))
        outcomes = await asyncio.gather(*(work(session, name) for name in "abcd"))
    return outcomes.count("refused")


async def refused_in_a_session_each(engine: AsyncEngine, work: Work) -> int:
    async def in_own_session(name: str) -> str:
        async with AsyncSession(engine) as session:
            outcome = await work(session, name)
            await session.commit()
            return outcome

    return (await asyncio.gather(*map(in_own_session, "abcd"))).count("refused")


async def refused_of_four(url: str, pool_pre_ping: bool) -> dict[str, int]:
    """Return how many of four tasks are refused on a database that has its tables."""
    engine = create_async_engine(url, pool_pre_ping=pool_pre_ping)
    try:
        async with engine.connect():  # leaves one in the pool
            pass
        return {
            "look up, from the pool": await refused_in_one_session(engine, look_up),
            "look up, connecting": await refused_in_one_session(engine, look_up, connects=True),
            "look up, connected": await refused_in_one_session(engine, look_up, begins=True),
            "add, connected": await refused_in_one_session(engine, add_user, begins=True),
            "add, a session each": await refused_in_a_session_each(engine, add_user),
        }
    finally:
        await engine.dispose()


def four_tasks_in_one_session(pool_pre_ping: bool) -> dict[str, int]:
    """Return how many of them are refused, on SQLite."""

    async def run() -> dict[str, int]:
        async with new_async_engine() as engine, engine.connect():  # makes the tables
            return await refused_of_four(str(engine.url), pool_pre_ping)

    with without_warnings():  # SQLAlchemy's own, of an `add` during somebody else's flush
        return on_event_loop(run)


# An attribute that has to be loaded


async def email_after_the_commit(engine: AsyncEngine, expires: bool = True) -> str:
    async with AsyncSession(engine, expire_on_commit=expires) as session:
        row = new_user("grace")
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

    grace = NewUser(email="grace@example.com", password=Secret("correct horse"))
    with (
        container.audit_event_repository.override(Factory(EndlessAuditEvents)),
        container.password_hasher.override(AsyncPlainHasher()),
    ):
        sign_up = asyncio.create_task(container.user_service().sign_up(grace))
        await arrived.wait()
        sign_up.cancel()
        (outcome,) = await asyncio.gather(sign_up, return_exceptions=True)
    engine = container.engine()
    return {
        "outcome": type(outcome).__name__,
        "users": await who_is_signed_up(engine),
        "connections in use": connections_in_use(engine.sync_engine),
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
    look_ups = (who_is_signed_up(engine) for _ in range(40))
    outcomes = await asyncio.gather(*look_ups, return_exceptions=True)
    return "RuntimeError" if any(isinstance(o, RuntimeError) for o in outcomes) else "done"


def an_engine_that_moves_to_another_event_loop() -> list[str]:
    with new_database():
        engine = open_async_engine(load_settings())
        try:
            return [on_event_loop(forty_look_ups, engine) for _ in range(2)]
        finally:
            on_event_loop(engine.dispose)
