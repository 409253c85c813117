"""The engine that every step opens."""

import logging
import socket
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import SecretStr
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from steps.domain.errors import ConfigurationError, DatabaseUnavailable
from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.infrastructure import database
from steps.infrastructure.database import (
    BUSY_TIMEOUT_MS,
    POOL_SIZE,
    POOL_TIMEOUT_S,
    _switch_to_wal,
    check_database,
    open_engine,
)
from steps.infrastructure.tables import AuditEventRow, Table, UserRow


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return with_url(sqlite_url(tmp_path / "accounts.db"))


def with_url(url: str) -> Settings:
    return Settings(database_url=SecretStr(url))


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("foreign_keys", 1), ("journal_mode", "wal"), ("busy_timeout", BUSY_TIMEOUT_MS)],
)
def test_each_sqlite_connection_is_set_up(settings: Settings, pragma: str, value: object) -> None:
    engine = open_engine(settings)
    with engine.connect() as first, engine.connect() as second:
        assert first.scalar(text(f"PRAGMA {pragma}")) == value
        assert second.scalar(text(f"PRAGMA {pragma}")) == value
    engine.dispose()


def test_opening_an_engine_touches_no_file(settings: Settings, tmp_path: Path) -> None:
    open_engine(settings).dispose()

    assert list(tmp_path.iterdir()) == []


def test_the_pool_holds_as_many_connections_as_sessions_are_let_in(settings: Settings) -> None:
    engine = open_engine(settings)
    pool = engine.pool
    assert isinstance(pool, QueuePool)

    with ExitStack() as held:
        for _ in range(POOL_SIZE):
            held.enter_context(engine.connect())
        assert pool.checkedout() == POOL_SIZE
        assert pool.overflow() == 0
    assert pool.checkedin() == POOL_SIZE
    assert pool.timeout() == POOL_TIMEOUT_S
    engine.dispose()


def test_a_new_file_has_every_index_of_the_tables(settings: Settings) -> None:
    engine = open_engine(settings)
    for table in Table.metadata.sorted_tables:
        found = {index["name"] for index in inspect(engine).get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= found
    assert inspect(engine).get_indexes("audit_events")
    engine.dispose()


def test_an_event_of_nobody_is_refused(settings: Settings) -> None:
    engine = open_engine(settings)
    with Session(engine) as session:
        session.add(AuditEventRow(user_id=7, action="signed up"))
        with pytest.raises(IntegrityError):
            session.flush()
    engine.dispose()


def test_a_savepoint_that_ends_is_still_part_of_its_transaction(settings: Settings) -> None:
    """Python's driver by itself would commit the user here: it sends no BEGIN before SAVEPOINT."""
    engine = open_engine(settings)
    with Session(engine) as session:
        with session.begin_nested():
            session.add(UserRow(email="ada@example.com", password_hash="-"))
        session.rollback()
        assert session.scalar(select(func.count()).select_from(UserRow)) == 0
    engine.dispose()


def test_who_reads_first_can_still_write_when_somebody_else_has_written(
    settings: Settings,
) -> None:
    """With one BEGIN around both, SQLite would refuse at once: what was read is old."""
    engine = open_engine(settings)
    with Session(engine) as session, Session(engine) as other:
        assert session.scalars(select(UserRow)).all() == []
        other.add(UserRow(email="grace@example.com", password_hash="-"))
        other.commit()
        with session.begin_nested():
            session.add(UserRow(email="ada@example.com", password_hash="-"))
        session.add(UserRow(email="alan@example.com", password_hash="-"))
        session.commit()
        assert session.scalar(select(func.count()).select_from(UserRow)) == 3
    engine.dispose()


def test_a_pool_without_a_free_connection_is_a_database_that_does_not_answer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "POOL_SIZE", 1)
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", 0.01)
    engine = open_engine(settings)

    with engine.connect(), pytest.raises(DatabaseUnavailable):
        engine.connect()

    engine.dispose()


def test_many_cold_starts_on_one_new_file_all_succeed(settings: Settings) -> None:
    engines = [open_engine(settings) for _ in range(20)]
    together = Barrier(len(engines))

    def connect(number: int) -> int:
        together.wait()
        with Session(engines[number]) as session:
            session.add(UserRow(email=f"{number}@example.com", password_hash="-"))
            session.commit()
        engines[number].dispose()
        return number

    with ThreadPoolExecutor(len(engines)) as threads:
        assert sorted(threads.map(connect, range(len(engines)))) == list(range(len(engines)))


def test_a_sqlite_connection_may_be_closed_twice(tmp_path: Path) -> None:
    for statement in ("SELECT 1", "INSERT INTO users (email, password_hash) VALUES ('a', '-')"):
        connection = database._SqliteConnection(tmp_path / "accounts.db")
        connection.execute(statement)
        connection.close()
        connection.close()


def test_a_connection_waits_its_turn_to_switch_a_new_file_to_wal(tmp_path: Path) -> None:
    class BusyTwice(sqlite3.Connection):
        refusals = 2

        def execute(self, statement: str, /, *_: object) -> sqlite3.Cursor:
            if "journal_mode" in statement and self.refusals:
                self.refusals -= 1
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error
            return super().execute(statement)

    with closing(sqlite3.connect(tmp_path / "accounts.db", factory=BusyTwice)) as connection:
        _switch_to_wal(connection)

        assert connection.refusals == 0
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://localhost/accounts",
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
def test_a_url_that_no_engine_fits_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: ") as caught:
        open_engine(with_url(url))

    assert url not in str(caught.value).split(": ", 1)[1]
    assert "s3cret" not in str(caught.value)


def test_postgresql_is_spoken_through_psycopg() -> None:
    engine = open_engine(with_url("postgresql+psycopg://ada:s3cret@127.0.0.1:1/accounts"))

    assert engine.dialect.driver == "psycopg"
    assert "s3cret" not in repr(engine)
    engine.dispose()


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_TIMEOUT_S", 2)  # the least that libpq takes
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_engine(with_url(f"postgresql+psycopg://ada:s3cret@127.0.0.1:{port}/a"))

        with pytest.raises(ConfigurationError, match="timeout"):
            check_database(engine)


def test_a_missing_driver_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(ConfigurationError, match=r"driver postgresql\+psycopg is missing"):
        open_engine(with_url("postgresql+psycopg://127.0.0.1:1/accounts"))


@pytest.mark.parametrize(
    "url",
    ["sqlite:////no/such/folder/accounts.db", "postgresql+psycopg://ada:s3cret@127.0.0.1:1/a"],
)
def test_a_database_that_does_not_answer_fails_the_check_in_one_line(url: str) -> None:
    engine = open_engine(with_url(url))

    with pytest.raises(DatabaseUnavailable), engine.connect():
        pass
    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: ") as caught:
        check_database(engine)

    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_is_no_database_fails_the_check(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "accounts.db").write_text("once upon a time " * 100)

    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: file is not a database$"):
        check_database(open_engine(settings))


def test_a_wrong_option_in_the_url_fails_the_check() -> None:
    url = "postgresql+psycopg://ada:s3cret@127.0.0.1:1/accounts?no=1"

    with pytest.raises(ConfigurationError, match=r"^DATABASE_URL: ") as caught:
        check_database(open_engine(with_url(url)))

    assert "s3cret" not in str(caught.value)


def test_echo_does_not_log_what_is_written(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(settings.model_copy(update={"db_echo": True}))
    with caplog.at_level(logging.INFO), Session(engine) as session:
        session.add(UserRow(email="ada@example.com", password_hash="a-secret-hash"))
        session.commit()
    engine.dispose()
    logging.getLogger("sqlalchemy.engine.Engine").setLevel(logging.NOTSET)

    assert "INSERT INTO users" in caplog.text
    assert "a-secret-hash" not in caplog.text
