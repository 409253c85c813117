"""Exercise 08c: tasks, sessions and connections."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.exercises import ex_08c_look_ups_at_once as exercise
from steps.infrastructure.database import open_async_engine
from steps.infrastructure.tables import UserRow
from tests.exercises.checks import expect, expect_that

PATIENCE_S = 1
"""How long a look-up waits for one that has to run at the same time, in seconds."""
NAMES = "abcdefghij"

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "accounts.db")


def with_ten_users(url: str, function: Callable[[Sessions, AsyncEngine], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        engine = open_async_engine(Settings(database_url=SecretStr(url)))
        try:
            async with AsyncSession(engine) as session:
                session.add_all(UserRow(email=f"{name}@x.org", password_hash="-") for name in NAMES)
                await session.commit()
            await engine.dispose()  # so that each session has to connect
            return await function(async_sessionmaker(engine), engine)
        finally:
            if left_behind := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(left_behind, timeout=PATIENCE_S)
            await engine.dispose()
            await asyncio.sleep(0.02)  # the connections' threads say goodbye to the event loop

    return asyncio.run(run())


def id_in(arguments: tuple[object, ...], named: dict[str, object]) -> int:
    given = (*arguments, *named.values())
    return next(argument for argument in given if isinstance(argument, int))


def test_every_user_is_found(url: str) -> None:
    async def look_up(sessions: Sessions, _: AsyncEngine) -> list[str | None]:
        found: list[str | None] = await exercise.emails_of(sessions, [1, 2, 3, 99])
        return found

    try:
        found = with_ten_users(url, look_up)
    except InvalidRequestError as error:
        found = f"{type(error).__name__}: {str(error).split(';')[0]}"
    expect_that(
        isinstance(found, list) and set(found) == {"a@x.org", "b@x.org", "c@x.org", None},
        "The emails of the users 1, 2, 3 and 99, whom nobody knows",
        seen=found,
        expected="a, b and c at x.org, and None",
        why="A session does one thing at a time. It belongs to one task.",
    )


def test_look_ups_overlap(url: str) -> None:
    two_are_in = asyncio.Barrier(2)
    calls: list[int] = []

    async def meet(*arguments: object, **named: object) -> str:
        calls.append(id_in(arguments, named))
        try:
            await asyncio.wait_for(two_are_in.wait(), PATIENCE_S)
        except (TimeoutError, asyncio.BrokenBarrierError):
            return "alone"
        return "together"

    async def look_up(sessions: Sessions, _: AsyncEngine) -> list[str | None]:
        with patch.object(exercise, "email_of", meet):
            found: list[str | None] = await exercise.emails_of(sessions, [1, 2])
        return found

    seen = with_ten_users(url, look_up)
    expect(
        "The ids that email_of is called with",
        seen=sorted(calls),
        expected=[1, 2],
        why="It is the look-up that is watched here, to see whether two of them overlap.",
    )
    expect(
        "Two look-ups, each of which waits until the other has begun",
        seen=seen,
        expected=["together", "together"],
        why="A page of a hundred users would wait a hundred times for the database, "
        "one after the other. A lock around one session has the same effect.",
    )


def test_other_requests_find_a_connection(url: str) -> None:
    in_use: list[int] = []

    async def look_up(sessions: Sessions, engine: AsyncEngine) -> None:
        pool: Any = engine.pool
        event.listen(engine.sync_engine, "checkout", lambda *_: in_use.append(pool.checkedout()))
        await exercise.emails_of(sessions, list(range(1, 11)))

    with_ten_users(url, look_up)
    expect_that(
        max(in_use) <= exercise.MOST_AT_ONCE,
        "Connections in use at the same time, for ten users",
        seen=max(in_use),
        expected=f"{exercise.MOST_AT_ONCE} at most",
        why="A pool has few connections. One page that takes them all lets everybody else wait. "
        "Each page needs a semaphore: enter it before a session opens, leave it after it has "
        "closed.",
    )


def test_each_email_stands_where_its_id_does(url: str) -> None:
    async def look_up(sessions: Sessions, _: AsyncEngine) -> list[str | None]:
        second_is_done = asyncio.Event()

        async def slow_first(*arguments: object, **named: object) -> str:
            user_id = id_in(arguments, named)
            if user_id == 1:
                await asyncio.wait_for(second_is_done.wait(), PATIENCE_S)
            else:
                second_is_done.set()
            return f"user {user_id}"

        with patch.object(exercise, "email_of", slow_first):
            found: list[str | None] = await exercise.emails_of(sessions, [1, 2])
        return found

    expect(
        "The emails of users 1 and 2, of whom the second is found first",
        seen=with_ten_users(url, look_up),
        expected=["user 1", "user 2"],
        why="The caller pairs emails with ids. They must stand in the same order, whoever is "
        "done first.",
    )


def test_an_error_reaches_the_caller(url: str) -> None:
    async def refuse_the_second(*arguments: object, **named: object) -> str:
        if id_in(arguments, named) == 2:
            raise OSError("the disk is gone")
        return "found"

    async def look_up(sessions: Sessions, _: AsyncEngine) -> object:
        with patch.object(exercise, "email_of", refuse_the_second):
            return await exercise.emails_of(sessions, [1, 2, 3])

    try:
        seen = repr(with_ten_users(url, look_up))
    except (OSError, ExceptionGroup):
        seen = "an error"
    expect(
        "What the caller gets when one look-up fails",
        seen=seen,
        expected="an error",
        why="An error in a list looks like an email to whoever reads the list.",
    )
