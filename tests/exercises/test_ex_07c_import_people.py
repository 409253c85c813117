"""Exercise 07c: a part of a transaction that may fail alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidRequestError, PendingRollbackError
from sqlalchemy.orm import sessionmaker

from steps.domain.errors import DatabaseUnavailable, EmailTaken
from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.exercises import ex_07c_import_people as exercise
from steps.infrastructure import database
from tests.exercises.checks import expect, expect_that

INSERT = "INSERT INTO users (email, password_hash) VALUES (?, '-')"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    url = SecretStr(sqlite_url(tmp_path / "accounts.db"))
    engine = database.open_engine(Settings(database_url=url))
    with engine.begin() as connection:
        connection.exec_driver_sql(INSERT, ("grace@example.com",))
    yield engine
    engine.dispose()


def added(engine: Engine) -> list[str]:
    """Return who is in the database, besides Grace, who was there before."""
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        emails = connection.execute("SELECT email FROM users ORDER BY id")
        return [email for (email,) in emails if email != "grace@example.com"]


def import_people(engine: Engine, *emails: str) -> Any:
    """Return what it returns; put in words the errors that this exercise is about."""
    try:
        return exercise.import_people(sessionmaker(engine), list(emails))
    except EmailTaken:
        seen = "EmailTaken left it"
        why = (
            "Only the write itself knows whether an email is taken: after a look before it, "
            "there is time for somebody else. So its error has to be caught."
        )
    except PendingRollbackError:
        seen = "PendingRollbackError, when the next person was added"
        why = (
            "After a failed flush a session accepts nothing but a rollback. With a savepoint "
            "around the write, that is done for this one write."
        )
    except InvalidRequestError as error:
        if "closed transaction" not in str(error):
            raise
        seen = "SQLAlchemy's error: the transaction of the block has ended already"
        why = (
            "A rollback ends the whole transaction, with all who were added before. "
            "A commit in between ends it too. Only a savepoint can be undone alone."
        )
    except DatabaseUnavailable:
        seen = "a write waited for another one until the database gave up"
        why = (
            "A block inside a block is a second transaction. On SQLite its write waits for the "
            "outer one, and the outer one waits for it."
        )
    expect_that(
        False,
        "import_people, when an email is taken",
        seen=seen,
        expected="it goes on with the next person",
        why=why,
    )


def test_everybody_who_is_new_is_added(engine: Engine) -> None:
    taken = import_people(engine, "ada@example.com", "alan@example.com")
    expect(
        "Who was added of Ada and Alan",
        seen=added(engine),
        expected=["ada@example.com", "alan@example.com"],
        why="Without a commit, the end of a session undoes what was written, and says nothing.",
    )
    expect(
        "What import_people returned when nobody was taken",
        seen=taken,
        expected=[],
        why="It returns the emails that were taken.",
    )


def test_a_taken_email_is_skipped_and_the_rest_goes_on(engine: Engine) -> None:
    people = ("ada@example.com", "grace@example.com", "alan@example.com", "ada@example.com")
    taken = import_people(engine, *people)
    expect(
        "Who was added of Ada, Grace (taken), Alan and Ada again",
        seen=added(engine),
        expected=["ada@example.com", "alan@example.com"],
        why="A rollback of the session ends the whole transaction: those who were added before "
        "are undone too. A savepoint goes back to its mark only.",
    )
    expect(
        "What import_people returned for Ada, Grace (taken), Alan and Ada again",
        seen=taken,
        expected=["grace@example.com", "ada@example.com"],
        why="It returns the emails that were taken, and the second Ada finds the first.",
    )


def test_a_broken_email_undoes_the_import_and_reaches_the_caller(engine: Engine) -> None:
    error: Exception | None = None
    try:
        import_people(engine, "ada@example.com", "grace@example.com", "broken")
    except ValueError as raised:
        error = raised
    expect(
        "Who was added of Ada, Grace (taken) and a line that is no email",
        seen=added(engine),
        expected=[],
        why="The list belongs together: whoever repairs the line imports all of it again.",
    )
    expect_that(
        error,
        "What the caller hears of a line that is no email",
        seen="no error",
        expected="the ValueError of add_user",
        why="Nobody was added. A caller that hears no error believes that all of them were.",
    )
    expect(
        "Connections that nobody gave back after the error",
        seen=engine.pool.checkedout(),  # type: ignore[attr-defined]
        expected=0,
        why="A session that is not closed keeps its connection, and with it what it has locked.",
    )


def test_nobody_outside_sees_half_a_list(engine: Engine) -> None:
    looks: list[list[str]] = [[]]

    @event.listens_for(engine, "before_cursor_execute")
    def look(*_: Any) -> None:
        looks.append(added(engine))

    import_people(engine, "ada@example.com", "alan@example.com", "kay@example.com")
    expect(
        "Who of Ada, Alan and Kay is there for others while the import runs",
        seen=max(looks, key=len),
        expected=[],
        why="A list that is committed in parts stays in parts if the process ends or the "
        "database fails on the way, however well its lines were checked before.",
    )


def test_an_email_taken_at_the_last_moment_is_skipped_too(engine: Engine) -> None:
    others = ["alan@example.com"]

    @event.listens_for(engine, "before_cursor_execute")
    def be_quicker(connection: Connection, _: Any, sql: str, values: Any, *__: Any) -> None:
        if sql.startswith("INSERT") and others and others[0] in values:
            connection.exec_driver_sql(INSERT, (others.pop(),))

    seen = import_people(engine, "ada@example.com", "alan@example.com", "kay@example.com")
    expect(
        "What import_people returned when Alan signed up just before his line was written",
        seen=seen,
        expected=["alan@example.com"],
        why="Only the write itself knows whether an email is taken.",
    )
