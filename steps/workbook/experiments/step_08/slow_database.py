"""A look-up while fifty log-ins wait for the database: in worker threads, or on the event loop."""

import asyncio
import threading
from collections.abc import Callable

import anyio.to_thread
import httpx2
from dependency_injector.providers import Object
from fastapi import FastAPI

from steps.workbook.catalogue import find_step
from steps.workbook.fakes.async_in_memory import AsyncPlainHasher
from steps.workbook.fakes.in_memory import PlainHasher
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop

ADA = {"email": "ada@example.com", "password": "correct horse"}
PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""


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


async def wait_until(arrived: Callable[[], bool]) -> None:
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
        await wait_until(
            lambda: len(users.waiting) + threads.statistics().tasks_waiting == len(log_ins)
        )
        seen = {"log-ins that wait for the database": len(users.waiting)}
        in_line = seen["log-ins that wait for a thread"] = threads.statistics().tasks_waiting
        look_up = asyncio.create_task(client.get("/users/1"))
        await wait_until(lambda: look_up.done() or threads.statistics().tasks_waiting > in_line)
        answered = look_up.done()
        users.answers.set()
        await asyncio.gather(*log_ins, look_up)
    return {**seen, "a look-up is answered meanwhile": answered}


def fifty_log_ins_and_a_look_up(number: int) -> dict[str, object]:
    """Return where fifty log-ins wait while the database is slow, and whether others get in."""
    step = find_step(number)
    with new_database():
        app = step.create_app()
        return on_event_loop(log_in_fifty_and_look_up, app, step.is_async)
