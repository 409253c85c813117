"""Who has a worker thread while the database answers, and how often a call takes one."""

import asyncio
import threading
from collections.abc import Callable

import anyio.to_thread
import httpx2
from dependency_injector.providers import Object
from fastapi.testclient import TestClient

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.workbook.catalogue import Step, find_step
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.fakes.in_memory import PlainHasher
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.thread_hops import counted_hops

ADA = {"email": "ada@example.com", "password": "correct horse"}
PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""

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


async def log_in_fifty_and_look_up(step: Step) -> dict[str, object]:
    app = step.create_app()
    users = AsyncWaitingUsers() if step.is_async else WaitingUsers()
    hasher = AsyncPlainHasher() if step.is_async else PlainHasher()
    threads = anyio.to_thread.current_default_thread_limiter()
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://app") as client,
    ):
        container = app.state.container
        container.user_repository.override(Object(users))
        container.password_hasher.override(hasher)
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
        return on_event_loop(log_in_fifty_and_look_up, find_step(number))


# Thread hops


class NoBuckets:
    def list_names(self) -> list[str]:
        return []


def hops_of_each_call(number: int) -> dict[str, int]:
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
            with counted_hops() as counted:
                client.request(method, path, json=body).raise_for_status()
            hops[call] = counted.hops
    return hops


# Threads of a driver


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
