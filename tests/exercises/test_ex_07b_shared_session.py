"""Exercise 07b: one unit of work, two requests at once."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.exercises import ex_07b_shared_session as exercise
from steps.infrastructure import database
from steps.infrastructure.tables import UserRow
from tests.exercises.checks import expect, expect_that

PATIENCE_S = 1
"""How long a block may wait for another one, in seconds."""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    url = SecretStr(sqlite_url(tmp_path / "accounts.db"))
    engine = database.open_engine(Settings(database_url=url))
    with engine.connect():
        pass
    yield engine
    engine.dispose()


def unit_of_work_on(engine: Engine) -> Any:
    return exercise.UnitOfWork(sessionmaker(engine))


def signed_up(engine: Engine) -> list[str]:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        return [email for (email,) in connection.execute("SELECT email FROM users")]


def sign_up(transaction: Any, email: str) -> None:
    transaction.session.add(UserRow(email=email, password_hash="-"))


def in_time(story: Callable[[], None]) -> None:
    """Play a story in which two blocks overlap, without waiting for ever."""
    errors: list[BaseException] = []

    def play() -> None:
        try:
            story()
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=play, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    expect_that(
        not thread.is_alive(),
        "Grace's block, which begins while Ada is in hers",
        seen=f"after {PATIENCE_S} second it has not begun",
        expected="both are in their blocks",
        why="Requests that wait for each other are served one at a time. Async requests share "
        "a thread: there, the first never gets to its end.",
    )
    if errors:
        raise errors[0]


def test_a_block_keeps_what_it_commits_and_nothing_else(engine: Engine) -> None:
    unit_of_work = unit_of_work_on(engine)
    with unit_of_work() as transaction:
        sign_up(transaction, "ada@example.com")
        transaction.session.commit()
    with unit_of_work() as transaction:
        sign_up(transaction, "grace@example.com")
        transaction.session.flush()
    expect(
        "Who is signed up: Ada was committed, Grace was not",
        seen=signed_up(engine),
        expected=["ada@example.com"],
        why="The use case says what is kept. The end of a block undoes the rest.",
    )


def test_a_request_that_ends_leaves_the_writes_of_another_alone(engine: Engine) -> None:
    unit_of_work = unit_of_work_on(engine)

    def story() -> None:
        with unit_of_work() as ada:
            sign_up(ada, "ada@example.com")
            ada.session.flush()
            with unit_of_work():
                pass  # Grace's request
            ada.session.commit()

    in_time(story)
    expect(
        "Who is signed up: Ada writes, Grace comes and goes, Ada commits",
        seen=signed_up(engine),
        expected=["ada@example.com"],
        why="Ada committed whatever session the object held by then, not the one she wrote "
        "to, and no error said so. That also happens when it is kept per thread or per "
        "context: two blocks can be open in one.",
    )


def test_whoever_came_first_may_leave_first(engine: Engine) -> None:
    unit_of_work = unit_of_work_on(engine)

    def story() -> None:
        adas, graces = unit_of_work(), unit_of_work()
        adas.__enter__()
        grace = graces.__enter__()
        sign_up(grace, "grace@example.com")
        adas.__exit__(None, None, None)
        grace.session.commit()
        graces.__exit__(None, None, None)

    in_time(story)
    expect(
        "Who is signed up: Ada comes, Grace comes and writes, Ada leaves, Grace commits",
        seen=signed_up(engine),
        expected=["grace@example.com"],
        why="Requests do not end in the reverse order of their beginning. A pile of sessions "
        "in the object gives Ada's end the session of Grace.",
    )


def test_an_error_in_a_block_gives_the_connection_back(engine: Engine) -> None:
    unit_of_work = unit_of_work_on(engine)
    with suppress(ZeroDivisionError), unit_of_work() as transaction:
        sign_up(transaction, "ada@example.com")
        transaction.session.flush()
        raise ZeroDivisionError
    expect(
        "Connections that nobody gave back after an error in the block",
        seen=engine.pool.checkedout(),  # type: ignore[attr-defined]
        expected=0,
        why="The block's end must close the session on every way out. Each connection that "
        "stays away is one that no other request gets, with its write still locked.",
    )
