"""Who waits where: in a worker thread, on the event loop, or in everybody's way."""

import ast
import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from unittest.mock import patch

import anyio.to_thread
import httpx2
from dependency_injector.providers import Object
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from steps.domain.errors import DatabaseUnavailable
from steps.domain.settings import load_settings
from steps.infrastructure import database
from steps.infrastructure.database import open_async_engine, open_engine
from steps.infrastructure.tables import UserRow
from steps.workbook.catalogue import find_step
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.fakes.in_memory import PlainHasher
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop

ADA = {"email": "ada@example.com", "password": "correct horse"}
PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""
IN_VAIN_S = 0.2
"""How long something waits that cannot happen, in seconds."""
FIRST_ASYNC_STEP = 8

# A look-up while others wait for the database


class WaitingUsers:
    """A repository whose database takes its time."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.waiting: list[str] = []

    def get_by_email(self, email: str) -> None:
        self.waiting.append(email)
        self.answers.wait(PATIENCE_S)

    def get(self, user_id: int) -> None:
        return None


class AsyncWaitingUsers:
    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.waiting: list[str] = []

    async def get_by_email(self, email: str) -> None:
        self.waiting.append(email)
        await self.answers.wait()

    async def get(self, user_id: int) -> None:
        return None


async def until(arrived: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not arrived():
            await asyncio.sleep(0)


async def log_in_fifty_and_look_up(app: FastAPI, is_async: bool) -> dict[str, object]:
    users = AsyncWaitingUsers() if is_async else WaitingUsers()
    hasher = AsyncPlainHasher() if is_async else PlainHasher()
    threads = anyio.to_thread.current_default_thread_limiter()
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://app") as client,
    ):
        container = app.state.container
        container.user_repository.override(Object(users))
        container.password_hasher.override(Object(hasher))
        log_ins = [asyncio.create_task(client.post("/login", json=ADA)) for _ in range(50)]
        await until(lambda: len(users.waiting) + threads.statistics().tasks_waiting == len(log_ins))
        seen = {"log-ins that wait for the database": len(users.waiting)}
        in_line = seen["log-ins that wait for a thread"] = threads.statistics().tasks_waiting
        look_up = asyncio.create_task(client.get("/users/1"))
        await until(lambda: look_up.done() or threads.statistics().tasks_waiting > in_line)
        answered = look_up.done()
        users.answers.set()
        await asyncio.gather(*log_ins, look_up)
    return {**seen, "a look-up is answered meanwhile": answered}


def fifty_log_ins_and_a_look_up(number: int) -> dict[str, object]:
    """Return where fifty log-ins wait while the database is slow, and whether others get in."""
    with new_database():
        app = find_step(number).create_app()
        return on_event_loop(log_in_fifty_and_look_up, app, number >= FIRST_ASYNC_STEP)


# Thread hops


class NoBuckets:
    def list_names(self) -> list[str]:
        return []


def thread_hops(number: int) -> dict[str, int]:
    """Return how often each call hands work to a worker thread."""
    hops, app = {}, find_step(number).create_app()
    with (
        new_database(),
        TestClient(app) as client,
        app.state.container.bucket_repository.override(Object(NoBuckets())),
    ):
        for call in ("POST /users", "POST /login", "GET /users/1", "GET /health", "GET /buckets"):
            method, path = call.split()
            body = ADA if method == "POST" else None
            with patch("anyio.to_thread.run_sync", wraps=anyio.to_thread.run_sync) as run_sync:
                client.request(method, path, json=body).raise_for_status()
            hops[call] = run_sync.await_count
    return hops


def functions_that_are_async(number: int) -> dict[str, str]:
    """Return how many functions of each file are `async def`."""
    counts = {}
    for path in sorted(find_step(number).folder.glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        awaited = sum(isinstance(node, ast.AsyncFunctionDef) for node in nodes)
        plain = sum(isinstance(node, ast.FunctionDef) for node in nodes)
        if awaited + plain:
            counts[path.name] = f"{awaited} of {awaited + plain}"
    return counts


async def threads_of_three_connections() -> int:
    before = set(threading.enumerate())
    engine = open_async_engine(load_settings())
    async with engine.connect(), engine.connect(), engine.connect():
        new = set(threading.enumerate()) - before
    await engine.dispose()
    return sum("_connection_worker" in thread.name for thread in new)


def threads_of_sqlite_for_three_connections() -> int:
    """Return how many threads aiosqlite starts: it awaits a thread for each connection."""
    with new_database():
        return on_event_loop(threads_of_three_connections)


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


async def write_and_await(engine: Any, name: str) -> str:
    with Session(engine) as session:
        session.add(UserRow(email=f"{name}@example.com", password_hash="-"))  # noqa: S106
        try:
            session.flush()
        except DatabaseUnavailable:
            return "DatabaseUnavailable"
        await asyncio.sleep(0)
        session.commit()
    return "committed"


async def write_and_await_all(engine: Any, name: str) -> str:
    async with AsyncSession(engine) as session:
        session.add(UserRow(email=f"{name}@example.com", password_hash="-"))  # noqa: S106
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


# Context variables


user: ContextVar[str] = ContextVar("user", default="nobody")


def read_and_change() -> str:
    seen = user.get()
    user.set("Grace")
    return seen


def a_worker_thread_reads_the_context_and_cannot_change_it() -> dict[str, str]:
    async def call() -> dict[str, str]:
        user.set("Ada")
        in_thread = await anyio.to_thread.run_sync(read_and_change)
        return {"read in the thread": in_thread, "read after it": user.get()}

    return on_event_loop(call)
