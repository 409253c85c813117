"""Who hands work to a worker thread, and what a thread knows of the task that did."""

import threading
from contextvars import ContextVar
from unittest.mock import patch

import anyio.to_thread
from dependency_injector.providers import Object
from fastapi.testclient import TestClient

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop

ADA = {"email": "ada@example.com", "password": "correct horse"}


class NoBuckets:
    def list_names(self) -> list[str]:
        return []


def thread_hops_of_each_call(number: int) -> dict[str, int]:
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
