"""The first heavy object: a SQLAlchemy engine with its pool of connections."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import SecretStr
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection, QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from steps.domain.errors import ConfigurationError, DatabaseUnavailable, OutcomeUnknown
from steps.domain.settings import Settings
from steps.infrastructure.announcements import announce
from steps.infrastructure.tables import Table

if TYPE_CHECKING:
    import aiosqlite

EngineType = TypeVar("EngineType", Engine, AsyncEngine)

POOL_SIZE = 15
"""Connections that one engine may hold at once, and so the sessions worth having at once.

SQLAlchemy's own default is the same number: 5 kept and 10 more on demand.
"""

POOL_TIMEOUT_S = 2
"""How long a session waits for a free connection before it is an error, in seconds.

For an AsyncEngine, how long it waits while nobody else is given one either: see `_AsyncPool`.
"""

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to let a connection in, in seconds. Its own default is for ever."""

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite connection waits for another one's write to end, in milliseconds.

Twice Python's own default: a slow disk may make fifteen writers in a row wait for longer.
"""

READ_ONLY = "25006"
"""What PostgreSQL says to a write when another server has taken over, or its disk is filling up.

The driver does not count it among its OperationalErrors, as it does a full disk.
Source: "PostgreSQL Error Codes" in PostgreSQL's manual.
"""

DRIVERS = ("sqlite", "postgresql+psycopg")

ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite"}
"""What an AsyncEngine takes in place of a driver that only blocks; psycopg is both."""


def open_engine(settings: Settings) -> Engine:
    """Return an engine for `settings.database_url`. Nothing connects before its first use.

    A SQLite file gets its tables with the first connection; for PostgreSQL call `create_tables`.
    Raises ConfigurationError for a URL that no engine can be made of. Later, a database that
    does not answer raises DatabaseUnavailable in place of the driver's error, and so does a pool
    that has had no free connection for POOL_TIMEOUT_S. OutcomeUnknown is raised where the
    connection is lost after a COMMIT was sent and before its answer came.
    """
    engine = _create(create_engine, settings, {}, _Pool)
    _watch(engine, engine)
    return engine


def open_async_engine(settings: Settings) -> AsyncEngine:
    """Return an engine like `open_engine`'s whose waiting is awaited. Making it waits for nothing.

    It takes the same URLs and raises the same errors, but that of a full pool only when nobody at
    all has been given a connection for POOL_TIMEOUT_S: as long as somebody is, the others wait on.
    One event loop at a time may use it: call `await engine.dispose()` in the loop that did. On
    Windows, PostgreSQL's driver needs a loop made by `asyncio.SelectorEventLoop`.
    """
    engine = _create(create_async_engine, settings, ASYNC_DRIVERS, _AsyncPool)
    _watch(engine.sync_engine, engine)
    return engine


def check_database_url(database_url: str) -> None:
    """Raise ConfigurationError for a URL that no AsyncEngine can be made of. Nothing connects."""
    settings = Settings.model_construct(database_url=SecretStr(database_url))
    _create(create_async_engine, settings, ASYNC_DRIVERS, _AsyncPool)


def check_database(engine: Engine) -> None:
    """Connect once. Raises ConfigurationError when the database does not answer."""
    try:
        with engine.connect():
            pass
    except (DatabaseUnavailable, DBAPIError) as error:
        reason = " ".join(str(error.__cause__).split())
        raise ConfigurationError(f"DATABASE_URL: {reason}") from None


async def check_async_database(engine: AsyncEngine) -> None:
    """Connect once. Raises ConfigurationError when the database does not answer."""
    try:
        async with engine.connect():
            pass
    except (DatabaseUnavailable, DBAPIError) as error:
        # aiosqlite's thread still has to tell this loop that it ends, and the app stops now.
        await asyncio.sleep(0.05)
        reason = " ".join(str(error.__cause__).split())
        raise ConfigurationError(f"DATABASE_URL: {reason}") from None


def create_tables(engine: Engine) -> None:
    """Create the tables that are missing, as a migration would before a release."""
    Table.metadata.create_all(engine)


def _create(
    create: Callable[..., EngineType],
    settings: Settings,
    drivers: dict[str, str],
    pool_class: type[QueuePool | AsyncAdaptedQueuePool],
) -> EngineType:
    url = _parse(settings.database_url.get_secret_value())
    url = url.set(drivername=drivers.get(url.drivername, url.drivername))
    sqlite_file = url.get_backend_name() == "sqlite"
    try:
        return create(
            url,
            echo=settings.db_echo,
            poolclass=pool_class,
            hide_parameters=True,  # a statement's parameters hold password hashes
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=not sqlite_file,  # a server that was started again has closed them all
            connect_args={"factory": _SqliteConnection}
            if sqlite_file
            else {"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except ImportError:
        raise ConfigurationError(f"DATABASE_URL: the driver {url.drivername} is missing") from None
    except (ArgumentError, TypeError, ValueError):
        raise ConfigurationError("DATABASE_URL: no engine can be made of this URL") from None


def _watch(engine: Engine, opened: Engine | AsyncEngine) -> None:
    """Translate an engine's errors, and announce the object that was asked for."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "savepoint", _begin_before_savepoint)
    event.listen(engine, "begin", _note_begin)
    event.listen(engine, "commit", _note_commit)
    event.listen(engine, "handle_error", _translate)
    event.listen(engine, "engine_disposed", lambda _: announce("closed", "engine", opened))
    announce("opened", "engine", opened)


def _parse(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("DATABASE_URL: this is not a URL of a database") from None
    if url.drivername not in DRIVERS:
        raise ConfigurationError(f"DATABASE_URL: use one of {', '.join(DRIVERS)}")
    if url.get_backend_name() == "sqlite" and (
        url.database in (None, "", ":memory:") or "memory" in url.query.values()
    ):
        raise ConfigurationError("DATABASE_URL: every connection needs the same file, not memory")
    if url.get_backend_name() == "sqlite" and "?" in database_url and not url.query:
        raise ConfigurationError("DATABASE_URL: in a path write %3F for ?")
    return url


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout as error:  # every connection is in use, so nobody else gets an answer
            raise DatabaseUnavailable from error


class _AsyncPool(AsyncAdaptedQueuePool):
    """Lets a long line wait as long as it moves.

    Of an app in threads, forty requests at most stand in it: the others wait for a thread, and for
    as long as that takes. Here all of them stand in it. Whoever has waited for POOL_TIMEOUT_S goes
    to the end of the line, so in a long one some are served before others who came earlier.
    """

    _served = 0

    def connect(self) -> PoolProxiedConnection:
        while True:
            served = self._served
            try:
                connection = super().connect()
            except PoolTimeout as error:
                if served == self._served:
                    raise DatabaseUnavailable from error
            else:
                self._served += 1
                return connection


class _SqliteConnection(sqlite3.Connection):
    """Prepares itself in the thread that connects: for an AsyncEngine not the event loop's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            self.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            self.execute("PRAGMA foreign_keys = ON")
            _switch_to_wal(self)
            for statement in _SQLITE_TABLES:
                self.execute(statement)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Undo what is not committed, at once. Twice is harmless.

        SQLite itself waits until nobody holds a cursor any more, and keeps others from writing
        until then. A task that is cancelled leaves such a cursor to the garbage collector. And
        SQLAlchemy closes a connection again if the task is cancelled while it is closed.
        Source: SQLite, "Closing A Database Connection".
        """
        with suppress(sqlite3.ProgrammingError):  # who is closed can tell of no transaction
            if self.in_transaction:
                self.rollback()
        super().close()


def _begin_before_savepoint(connection: Connection, _: str) -> None:
    """Make a savepoint part of a transaction.

    Python's driver sends BEGIN only before the first INSERT, UPDATE or DELETE. A savepoint before
    that would itself be the transaction, and its end a commit. IMMEDIATE waits for its turn to
    write; a plain BEGIN that reads first fails at once if somebody else commits in between.
    Source: Python's sqlite3 module, "Transaction control"; SQLite, "Transactions" and "WAL".
    """
    driver = cast(
        "sqlite3.Connection | aiosqlite.Connection", connection.connection.driver_connection
    )
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Wait ourselves: SQLite does not when two connections switch the same new file at once."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _note_begin(connection: Connection) -> None:
    connection.info[_COMMITTING] = False


def _note_commit(connection: Connection) -> None:
    connection.info[_COMMITTING] = True


def _translate(context: ExceptionContext) -> BaseException | None:
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or context.is_pre_ping:
        return None  # after a ping that fails, the pool opens another connection by itself
    if context.is_disconnect and context.connection and context.connection.info.get(_COMMITTING):
        return OutcomeUnknown()
    read_only = getattr(error.orig, "sqlstate", None) == READ_ONLY
    if isinstance(error, OperationalError) or context.is_disconnect or read_only:
        return DatabaseUnavailable()
    return None


def _sqlite_tables() -> Iterator[str]:
    dialect = sqlite.dialect()
    for table in Table.metadata.sorted_tables:
        yield str(CreateTable(table, if_not_exists=True).compile(dialect=dialect))
        for index in table.indexes:
            yield str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect))


_COMMITTING = "committing"
_SQLITE_TABLES = tuple(_sqlite_tables())
