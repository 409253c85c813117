"""The first heavy object: a SQLAlchemy engine with its pool of connections."""

import sqlite3
import time
from collections.abc import Iterator
from typing import cast

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from steps.domain.errors import ConfigurationError, DatabaseUnavailable
from steps.domain.settings import Settings
from steps.infrastructure.announcements import announce
from steps.infrastructure.tables import Table

POOL_SIZE = 15
"""Connections that one engine may hold at once, and so the sessions worth having at once.

SQLAlchemy's own default is the same number: 5 kept and 10 more on demand.
"""

POOL_TIMEOUT_S = 2
"""How long a session waits for a free connection before it is an error, in seconds."""

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to let a connection in, in seconds. Its own default is for ever."""

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite connection waits for another one's write to end, in milliseconds.

Twice Python's own default: a slow disk may make fifteen writers in a row wait for longer.
"""

DRIVERS = ("sqlite", "postgresql+psycopg")


def open_engine(settings: Settings) -> Engine:
    """Return an engine for `settings.database_url`. Nothing connects before its first use.

    A SQLite file gets its tables with the first connection; for PostgreSQL call `create_tables`.
    Raises ConfigurationError for a URL that no engine can be made of. Later, a database that
    does not answer raises DatabaseUnavailable in place of the driver's error, and so does a pool
    that has had no free connection for POOL_TIMEOUT_S.
    """
    url = _parse(settings.database_url.get_secret_value())
    sqlite_file = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(
            url,
            echo=settings.db_echo,
            poolclass=_Pool,
            hide_parameters=True,  # a statement's parameters hold password hashes
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
            connect_args={} if sqlite_file else {"connect_timeout": CONNECT_TIMEOUT_S},
        )
    except ImportError:
        raise ConfigurationError(f"DATABASE_URL: the driver {url.drivername} is missing") from None
    except (ArgumentError, TypeError, ValueError):
        raise ConfigurationError("DATABASE_URL: no engine can be made of this URL") from None
    if sqlite_file:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "savepoint", _begin_before_savepoint)
    event.listen(engine, "handle_error", _translate)
    event.listen(engine, "engine_disposed", lambda closed: announce("closed", "engine", closed))
    announce("opened", "engine", engine)
    return engine


def check_database(engine: Engine) -> None:
    """Connect once. Raises ConfigurationError when the database does not answer."""
    try:
        with engine.connect():
            pass
    except (DatabaseUnavailable, DBAPIError) as error:
        reason = " ".join(str(error.__cause__).split())
        raise ConfigurationError(f"DATABASE_URL: {reason}") from None


def create_tables(engine: Engine) -> None:
    """Create the tables that are missing, as a migration would before a release."""
    Table.metadata.create_all(engine)


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
    return url


class _Pool(QueuePool):
    def connect(self) -> PoolProxiedConnection:
        try:
            return super().connect()
        except PoolTimeout as error:  # every connection is in use, so nobody else gets an answer
            raise DatabaseUnavailable from error


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    _switch_to_wal(connection)
    for statement in _SQLITE_TABLES:
        connection.execute(statement)


def _begin_before_savepoint(connection: Connection, _: str) -> None:
    """Make a savepoint part of a transaction.

    Python's driver sends BEGIN only before the first INSERT, UPDATE or DELETE. A savepoint before
    that would itself be the transaction, and its end a commit. IMMEDIATE waits for its turn to
    write; a plain BEGIN that reads first fails at once if somebody else commits in between.
    Source: Python's sqlite3 module, "Transaction control"; SQLite, "Transactions" and "WAL".
    """
    if not cast(sqlite3.Connection, connection.connection.dbapi_connection).in_transaction:
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


def _translate(context: ExceptionContext) -> BaseException | None:
    if isinstance(context.sqlalchemy_exception, OperationalError):
        return DatabaseUnavailable()
    return None


def _sqlite_tables() -> Iterator[str]:
    dialect = sqlite.dialect()
    for table in Table.metadata.sorted_tables:
        yield str(CreateTable(table, if_not_exists=True).compile(dialect=dialect))
        for index in table.indexes:
            yield str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect))


_SQLITE_TABLES = tuple(_sqlite_tables())
