"""What an AsyncSession does not forgive: other tasks, late loading; and what it does."""

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from dependency_injector.providers import Factory
from pydantic import Secret
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.database import ASYNC_DRIVERS, open_engine
from steps.infrastructure.tables import UserRow
from steps.step_08_async.container import Container, open_container
from steps.step_08_async.repositories import AuditEventRepository, UserRepository
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.world.databases import new_user
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop


@asynccontextmanager
async def engine_with_a_connection(*, ping: bool = False) -> AsyncIterator[AsyncEngine]:
    """Give out SQLAlchemy's own AsyncEngine on the database of the settings, connected once.

    `ping` is its `pool_pre_ping`: whether the pool asks a connection for life before it lends it.
    """
    url = make_url(load_settings().database_url.get_secret_value())
    url = url.set(drivername=ASYNC_DRIVERS.get(url.drivername, url.drivername))
    engine = create_async_engine(url, pool_pre_ping=ping)
    try:
        async with engine.connect():
            pass
        yield engine
    finally:
        await engine.dispose()


def sign_ada_up() -> None:
    """A SQLite file gets its tables here, too."""
    engine = open_engine(load_settings())
    with Session(engine) as session:
        session.add(new_user("ada"))
        session.commit()
    engine.dispose()


@contextmanager
def without_warnings() -> Iterator[None]:
    """Show none, also not of a statement that nobody awaited, which comes with the garbage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


# One session, several tasks


async def look_one_up(session: AsyncSession) -> str:
    try:
        user = await session.scalar(select(UserRow))
    except InvalidRequestError as error:
        return type(error).__name__
    return user.email if user else "nobody"


async def add_one(session: AsyncSession, name: str) -> str:
    session.add(new_user(name))
    try:
        await session.flush()
    except InvalidRequestError as error:
        return type(error).__name__
    return "written"


async def four_look_ups(session: AsyncSession) -> list[str]:
    return await asyncio.gather(*(look_one_up(session) for _ in range(4)))


async def four_look_ups_after_a_first(session: AsyncSession) -> list[str]:
    await look_one_up(session)
    return await four_look_ups(session)


async def four_sign_ups(session: AsyncSession) -> list[str]:
    return await asyncio.gather(*(add_one(session, name) for name in "abcd"))


async def four_sign_ups_after_a_look_up(session: AsyncSession) -> list[str]:
    await look_one_up(session)
    return await four_sign_ups(session)


async def four_sign_ups_in_a_session_each(session: AsyncSession) -> list[str]:
    async def in_own_session(name: str) -> str:
        async with AsyncSession(session.bind) as own:
            outcome = await add_one(own, name)
            await own.commit()
            return outcome

    return await asyncio.gather(*(in_own_session(name) for name in "abcd"))


Tasks = Callable[[AsyncSession], Awaitable[list[str]]]


async def in_one_session(tasks: Tasks, *, ping: bool = False) -> list[str]:
    async with engine_with_a_connection(ping=ping) as engine, AsyncSession(engine) as session:
        return await tasks(session)


async def four_tasks_in_one_session() -> dict[str, list[str]]:
    """Run them on the database of the settings, where Ada is signed up."""
    with without_warnings():  # SQLAlchemy's own, of an `add` during somebody else's flush
        return {
            "look up": await in_one_session(four_look_ups),
            "look up, the pool pings": await in_one_session(four_look_ups, ping=True),
            "the same after a first look-up": await in_one_session(
                four_look_ups_after_a_first, ping=True
            ),
            "sign up after a look-up": await in_one_session(four_sign_ups_after_a_look_up),
            "sign up, a session each": await in_one_session(four_sign_ups_in_a_session_each),
        }


def four_tasks_on_sqlite() -> dict[str, list[str]]:
    with new_database():
        sign_ada_up()
        return on_event_loop(four_tasks_in_one_session)


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


def on_a_new_engine(function: Callable[[AsyncEngine], Awaitable[str]]) -> str:
    async def call() -> str:
        async with engine_with_a_connection() as engine:
            return await function(engine)

    with new_database():
        sign_ada_up()
        return on_event_loop(call)


def reading_after_the_commit() -> dict[str, str]:
    with without_warnings():
        return {
            "a row": on_a_new_engine(email_after_the_commit),
            "a row that does not expire": on_a_new_engine(email_of_a_row_that_does_not_expire),
            "an entity": on_a_new_engine(email_of_an_entity),
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
        container.password_hasher.override(Factory(AsyncPlainHasher)),
    ):
        sign_up = asyncio.create_task(container.user_service().sign_up(grace))
        await arrived.wait()
        sign_up.cancel()
        (outcome,) = await asyncio.gather(sign_up, return_exceptions=True)
    pool: Any = container.engine().pool
    in_use = pool.checkedout()
    async with AsyncSession(container.engine()) as session:
        users = await session.scalar(select(func.count()).select_from(UserRow))
    return {"outcome": type(outcome).__name__, "users": users, "connections in use": in_use}


def a_cancelled_sign_up_leaves_nothing() -> dict[str, object]:
    async def run() -> dict[str, object]:
        async with open_container(load_settings()) as container:
            return await cancel_a_sign_up_between_its_writes(container)

    with new_database():
        return on_event_loop(run)
