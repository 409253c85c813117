"""Exercise 07a: two writes that belong together."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import DatabaseUnavailable
from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.exercises import ex_07a_half_done as exercise
from steps.infrastructure import database
from steps.infrastructure.tables import UserRow
from tests.exercises.checks import expect, expect_that

ADA = 1
BEFORE = "email ada@old.example, events []"
AFTER = "email ada@new.example, events ['changed email']"
REFUSAL = (
    "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
    "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    url = SecretStr(sqlite_url(tmp_path / "accounts.db"))
    engine = database.open_engine(Settings(database_url=url))
    with Session(engine) as session:
        session.add(UserRow(id=ADA, email="ada@old.example", password_hash="-"))
        session.add(UserRow(email="grace@taken.example", password_hash="-"))
        session.commit()
    yield engine
    engine.dispose()


def others_see(engine: Engine) -> str:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        (email,) = connection.execute("SELECT email FROM users WHERE id = 1").fetchone()
        events = [action for (action,) in connection.execute("SELECT action FROM audit_events")]
    return f"email {email}, events {events}"


def refuse_events(engine: Engine) -> None:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        connection.execute(REFUSAL)


def error_of_a_change(engine: Engine, email: str) -> Exception | None:
    try:
        exercise.change_email(sessionmaker(engine), ADA, email)
    except Exception as error:
        return error
    return None


def test_both_writes_stay_when_nothing_fails(engine: Engine) -> None:
    try:
        exercise.change_email(sessionmaker(engine), ADA, "ada@new.example")
    except DatabaseUnavailable:
        expect_that(
            False,
            "change_email, while nobody else uses the database",
            seen="a write waited for another one until the database gave up",
            expected="two writes in one block",
            why="A block inside a block is a second transaction. On SQLite its write waits for the "
            "outer one, and the outer one waits for it.",
        )
    expect(
        "The database after a change of email",
        seen=others_see(engine),
        expected=AFTER,
        why="Without a commit, the end of a session undoes what was written, and says nothing.",
    )


def test_a_refused_event_leaves_the_email_as_it_was(engine: Engine) -> None:
    refuse_events(engine)
    error_of_a_change(engine, "ada@new.example")
    expect(
        "The database after a change whose audit event was refused",
        seen=others_see(engine),
        expected=BEFORE,
        why="A commit between two writes makes them two transactions: the first stays "
        "whatever happens to the second.",
    )


def test_a_taken_email_leaves_no_event(engine: Engine) -> None:
    error_of_a_change(engine, "grace@taken.example")
    expect(
        "The database after a change to an email that somebody else has",
        seen=others_see(engine),
        expected=BEFORE,
        why="The other order only moves the gap. One transaction keeps both writes, or neither.",
    )


def test_the_caller_hears_the_error_and_no_connection_stays_out(engine: Engine) -> None:
    refuse_events(engine)
    error = error_of_a_change(engine, "ada@new.example")
    expect_that(
        error,
        "What the caller hears of a refused audit event",
        seen="no error",
        expected="the error",
        why="Nothing was kept. A caller that hears no error answers the client as if it were.",
    )
    expect(
        "Connections that nobody gave back after the error",
        seen=engine.pool.checkedout(),  # type: ignore[attr-defined]
        expected=0,
        why="A session that is not closed keeps its connection, and with it what it has locked.",
    )


def test_nobody_outside_sees_one_write_without_the_other(engine: Engine) -> None:
    looks = []

    @event.listens_for(engine, "before_cursor_execute")
    def look(*_: Any) -> None:
        looks.append(others_see(engine))

    error_of_a_change(engine, "grace@taken.example")
    refuse_events(engine)
    error_of_a_change(engine, "ada@new.example")
    half_done = [seen for seen in looks if seen != BEFORE]
    expect(
        "What another request sees while a change fails",
        seen=half_done[0] if half_done else BEFORE,
        expected=BEFORE,
        why="A write that is put right afterwards was there for others to see, and stays if "
        "the process ends in between. A rollback needs no repair.",
    )
