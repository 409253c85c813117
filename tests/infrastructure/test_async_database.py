"""The engine that every step from 07 on opens: what `open_engine` promises, awaited."""

import asyncio
import gc
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from threading import get_ident

import anyio
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from steps.domain.errors import ConfigurationError, DatabaseUnavailable
from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.infrastructure import database
from steps.infrastructure.database import (
    BUSY_TIMEOUT_MS,
    POOL_SIZE,
    POOL_TIMEOUT_S,
    check_async_database,
    open_async_engine,
    open_engine,
)
from steps.infrastructure.tables import UserRow
from steps.workbook.recording.events import Recording
from tests.infrastructure.test_database import with_url

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO users (email, password_hash) VALUES ('ada@example.com', '-') RETURNING id"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return with_url(sqlite_url(tmp_path / "accounts.db"))


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = open_async_engine(settings)
    yield engine
    await engine.dispose()


def pool_of(engine: AsyncEngine) -> AsyncAdaptedQueuePool:
    assert isinstance(engine.pool, AsyncAdaptedQueuePool)
    return engine.pool


async def users_in(engine: AsyncEngine) -> int:
    async with AsyncSession(engine) as session:
        return await session.scalar(select(func.count()).select_from(UserRow)) or 0


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", BUSY_TIMEOUT_MS)],
)
async def test_each_sqlite_connection_is_set_up(
    engine: AsyncEngine, pragma: str, value: object
) -> None:
    async with engine.connect() as first, engine.connect() as second:
        assert await first.scalar(text(f"PRAGMA {pragma}")) == value
        assert await second.scalar(text(f"PRAGMA {pragma}")) == value


async def test_no_sqlite_connection_is_set_up_or_used_on_the_event_loop(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    class Traced(database._SqliteConnection):
        def execute(self, statement: str, /, *_: object) -> sqlite3.Cursor:
            threads.append(get_ident())
            return super().execute(statement)

        def cursor(self, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
            threads.append(get_ident())
            return super().cursor(*arguments)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(database, "_SqliteConnection", Traced)
    traced = open_async_engine(settings)
    await users_in(traced)
    await traced.dispose()

    assert len(threads) >= 4
    assert get_ident() not in threads


async def test_opening_an_engine_touches_no_file_and_awaits_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    await open_async_engine(settings).dispose()

    assert list(tmp_path.iterdir()) == []


async def test_it_is_the_async_engine_that_is_announced(
    settings: Settings, recording: Recording
) -> None:
    engine = open_async_engine(settings)
    recording.add("is returned", "engine", engine)
    await engine.dispose()

    expected = ["engine 1 opened", "engine 1 is returned", "engine 1 closed"]
    assert recording.of_kind("engine") == expected


async def test_the_pool_holds_as_many_connections_as_open_engines(engine: AsyncEngine) -> None:
    pool = pool_of(engine)

    async with AsyncExitStack() as held:
        for _ in range(POOL_SIZE):
            await held.enter_async_context(engine.connect())
        assert (pool.checkedout(), pool.overflow()) == (POOL_SIZE, 0)
    assert pool.checkedin() == POOL_SIZE
    assert pool._timeout == POOL_TIMEOUT_S


async def test_a_savepoint_that_ends_is_still_part_of_its_transaction(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        async with session.begin_nested():
            session.add(UserRow(email="ada@example.com", password_hash="-"))
        await session.rollback()

    assert await users_in(engine) == 0


async def test_a_line_that_does_not_move_is_a_database_that_does_not_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "POOL_SIZE", 1)
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", 0.01)
    engine = open_async_engine(settings)

    async with engine.connect():
        with pytest.raises(DatabaseUnavailable):
            await engine.connect()

    await engine.dispose()


async def test_nobody_is_sent_away_from_a_line_that_moves(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits in vain while somebody else is served waits again."""
    engine = open_async_engine(settings)
    outcomes = iter(["in vain", "somebody else", "in vain", "somebody else", "served"])
    connect = AsyncAdaptedQueuePool.connect

    def connect_in_turn(pool: AsyncAdaptedQueuePool) -> PoolProxiedConnection:
        if next(outcomes) != "in vain":
            return connect(pool)
        pool.connect().close()  # somebody else
        raise PoolTimeout

    monkeypatch.setattr(AsyncAdaptedQueuePool, "connect", connect_in_turn)

    assert await users_in(engine) == 0
    assert list(outcomes) == []
    await engine.dispose()


async def test_a_line_that_takes_longer_than_the_time_out_is_served_to_its_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty tasks need the only connection for longer than any of them may wait for the first."""
    monkeypatch.setattr(database, "POOL_SIZE", 1)
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", 0.3)
    engine = open_async_engine(settings)
    in_vain: list[PoolTimeout] = []
    connect = AsyncAdaptedQueuePool.connect

    def watch(pool: AsyncAdaptedQueuePool) -> PoolProxiedConnection:
        try:
            return connect(pool)
        except PoolTimeout as error:
            in_vain.append(error)
            raise

    async def use() -> None:
        async with engine.connect():
            await asyncio.sleep(0.02)

    monkeypatch.setattr(AsyncAdaptedQueuePool, "connect", watch)
    await asyncio.gather(*(use() for _ in range(30)))

    assert in_vain
    await engine.dispose()


async def test_what_a_cancelled_task_was_writing_keeps_nobody_from_writing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled task's cursor stays until the garbage collector comes. Its lock must not."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    engine = open_engine(settings)
    engine.connect().close()
    engine.dispose()
    cancelled = database._SqliteConnection(engine.url.database)
    cursor = cancelled.execute(INSERT)
    cancelled.close()

    with closing(database._SqliteConnection(engine.url.database)) as connection:
        assert connection.execute(INSERT).fetchall() == [(1,)]
    del cursor


@pytest.mark.parametrize("how", ["once", "at every await"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
async def test_tasks_that_are_cancelled_at_any_moment_leave_no_connection_no_lock_and_no_error(
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    end: str,
    how: str,
) -> None:
    """A task group, such as the one around a stream, cancels again whatever its tasks await."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 2_000)

    async def write(number: int, scope: anyio.CancelScope) -> None:
        with scope:
            async with AsyncSession(engine) as session:
                session.add(UserRow(email=f"{number}@example.com", password_hash="-"))
                await session.flush()
                await getattr(session, end)()

    await users_in(engine)
    for turns in range(60):
        scope = anyio.CancelScope()
        task = asyncio.create_task(write(turns, scope))
        for _ in range(turns):
            await asyncio.sleep(0)
        (task if how == "once" else scope).cancel()
        await asyncio.wait([task])

    assert pool_of(engine).checkedout() == 0
    gc.collect()  # a future tells only now of an error that nobody has asked for
    errors = [record.exc_info for record in caplog.records if record.name == "asyncio"]
    assert not any(errors)
    async with AsyncSession(engine) as session:
        session.add(UserRow(email="ada@example.com", password_hash="-"))
        await session.commit()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://localhost/accounts",
        "sqlite+aiosqlite:///accounts.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:accounts?mode=memory&uri=true",
        "sqlite://host/accounts.db",
        "sqlite:///accounts.db?timeout=long",
        "sqlite:///what?/accounts.db",
        "postgresql+psycopg://ada:s3cret@localhost:port/accounts",
        "postgresql+psycopg://ada:s3cret@[::1/accounts",
    ],
)
async def test_a_url_that_no_engine_fits_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: ") as caught:
        open_async_engine(with_url(url))

    assert url not in str(caught.value).split(": ", 1)[1]
    assert "s3cret" not in str(caught.value)


async def test_the_same_url_gets_a_driver_that_can_be_awaited(engine: AsyncEngine) -> None:
    postgresql = open_async_engine(with_url("postgresql+psycopg://ada:s3cret@127.0.0.1:1/a"))

    assert (engine.dialect.driver, engine.dialect.is_async) == ("aiosqlite", True)
    assert (postgresql.dialect.driver, postgresql.dialect.is_async) == ("psycopg", True)
    assert "s3cret" not in repr(postgresql)
    await postgresql.dispose()


@pytest.mark.parametrize("driver", ["aiosqlite", "psycopg"])
async def test_a_missing_driver_is_a_configuration_error(
    driver: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    postgresql = with_url("postgresql+psycopg://127.0.0.1:1/accounts")

    with pytest.raises(ConfigurationError, match=rf"driver \w+\+{driver} is missing"):
        open_async_engine(settings if driver == "aiosqlite" else postgresql)


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/accounts.db", "postgresql+psycopg://ada:s3cret@127.0.0.1:1/a"],
)
async def test_a_database_that_does_not_answer_fails_the_check_in_one_line(url: str) -> None:
    engine = open_async_engine(with_url(url))

    with pytest.raises((DatabaseUnavailable, DBAPIError)):
        await engine.connect()
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: ") as caught:
        await check_async_database(engine)

    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    await engine.dispose()


async def test_a_file_that_is_no_database_fails_the_check(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "accounts.db").write_text("once upon a time " * 100)
    engine = open_async_engine(settings)

    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: file is not a database$"):
        await check_async_database(engine)
    await engine.dispose()


async def test_an_error_holds_none_of_what_was_written(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        for _ in range(2):
            session.add(UserRow(email="ada@example.com", password_hash="a-secret-hash"))
        with pytest.raises(DBAPIError) as caught:
            await session.flush()

    assert "a-secret-hash" not in str(caught.value)
