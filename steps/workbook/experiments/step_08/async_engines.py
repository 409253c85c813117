"""An AsyncEngine in a container, and on a second event loop."""

import asyncio
from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Factory, Resource
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.infrastructure.passwords import AsyncPasswordHasher
from steps.step_08_async.container import Container
from steps.step_08_async.repositories import AuditEventRepository, UserRepository
from steps.step_08_async.services import UserService
from steps.step_08_async.sessions import UnitOfWork
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop


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


# One engine, one event loop


async def ask_the_database(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def ask_forty_times(engine: AsyncEngine) -> str:
    """More than there are connections, so that some stand in line."""
    asking = (ask_the_database(engine) for _ in range(40))
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    return "RuntimeError" if any(isinstance(o, RuntimeError) for o in outcomes) else "done"


def an_engine_that_moves_to_another_event_loop() -> list[str]:
    with new_database():
        engine = open_async_engine(load_settings())
        try:
            return [on_event_loop(ask_forty_times, engine) for _ in range(2)]
        finally:
            on_event_loop(engine.dispose)
