"""One call that blocks: in a worker thread it holds up nobody, on the event loop everybody."""

import asyncio
import threading
from unittest.mock import patch

import anyio.to_thread
import httpx2
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from steps.domain.errors import DatabaseUnavailable
from steps.domain.settings import load_settings
from steps.infrastructure import database
from steps.infrastructure.database import open_async_engine, open_engine
from steps.workbook.world.databases import new_user
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""
IN_VAIN_S = 0.2
"""How long something waits that cannot happen, in seconds."""

# A call that blocks


def two_calls_at_once(app: FastAPI) -> list[str]:
    """Send two requests at once and return their answers."""

    async def call_twice() -> list[str]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            answers = await asyncio.gather(client.get("/"), client.get("/"))
        return [answer.json() for answer in answers]

    return on_event_loop(call_twice)


def meet(meeting: threading.Barrier) -> str:
    """Block until another caller comes, as a driver blocks until its database answers."""
    try:
        meeting.wait()
    except threading.BrokenBarrierError:
        return "alone"
    return "together"


def a_blocking_call_in_a_def_endpoint() -> list[str]:
    app, meeting = FastAPI(), threading.Barrier(2, timeout=PATIENCE_S)

    @app.get("/")
    def endpoint() -> str:
        return meet(meeting)

    return two_calls_at_once(app)


def a_blocking_call_in_an_async_endpoint() -> list[str]:
    app, meeting = FastAPI(), threading.Barrier(2, timeout=IN_VAIN_S)

    @app.get("/")
    async def endpoint() -> str:
        return meet(meeting)

    return two_calls_at_once(app)


def a_blocking_call_in_a_thread_of_its_own() -> list[str]:
    app, meeting = FastAPI(), threading.Barrier(2, timeout=PATIENCE_S)

    @app.get("/")
    async def endpoint() -> str:
        return await anyio.to_thread.run_sync(meet, meeting)

    return two_calls_at_once(app)


# A sync session on the event loop


async def write_and_await(engine: Engine, name: str) -> str:
    with Session(engine) as session:
        session.add(new_user(name))
        try:
            session.flush()
        except DatabaseUnavailable:
            return "DatabaseUnavailable"
        await asyncio.sleep(0)
        session.commit()
    return "committed"


async def write_and_await_all(engine: AsyncEngine, name: str) -> str:
    async with AsyncSession(engine) as session:
        session.add(new_user(name))
        await session.flush()
        await asyncio.sleep(0)
        await session.commit()
    return "committed"


def two_writers_with_a_sync_session() -> list[str]:
    """The second blocks the event loop until the first commits, which needs the event loop."""

    async def both() -> list[str]:
        engine = open_engine(load_settings())
        try:
            return await asyncio.gather(*(write_and_await(engine, n) for n in ("ada", "grace")))
        finally:
            engine.dispose()

    with new_database(), patch.object(database, "BUSY_TIMEOUT_MS", 50):
        return on_event_loop(both)


def two_writers_with_an_async_session() -> list[str]:
    async def both() -> list[str]:
        engine = open_async_engine(load_settings())
        try:
            names = ("ada", "grace")
            return await asyncio.gather(*(write_and_await_all(engine, n) for n in names))
        finally:
            await engine.dispose()

    with new_database():
        return on_event_loop(both)
