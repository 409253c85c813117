"""Exercise 06b: a row that leaves its session."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from steps.domain.urls import sqlite_url
from steps.exercises import ex_06b_the_user_who_cannot_be_read as exercise
from steps.infrastructure.tables import Table
from tests.exercises.checks import expect, expect_that

ADA = "ada@example.com"


@pytest.fixture
def users(tmp_path: Path) -> Iterator[Any]:
    engine = create_engine(sqlite_url(tmp_path / "accounts.db"), connect_args={"timeout": 1})
    Table.metadata.create_all(engine)
    yield exercise.UserRepository(sessionmaker(engine))
    engine.dispose()


def add(users: Any, email: str) -> Any:
    """Return what users.add returned; put in words the error of a commit inside the method."""
    try:
        return users.add(email, "a hash")
    except InvalidRequestError as error:
        if "closed transaction" not in str(error):
            raise
    expect_that(
        False,
        "users.add(email, password_hash)",
        seen="SQLAlchemy's error: the transaction of the block has ended already",
        expected="a User, from within the transaction",
        why="A commit in the method ends the transaction that with_session began and will "
        "commit itself; after it, the session refuses all work. A flush is enough for the id.",
    )
    return None


def read(user: Any, name: str) -> Any:
    """What a caller sees who reads this attribute."""
    try:
        return getattr(user, name)
    except DetachedInstanceError:
        return "DetachedInstanceError: this row has no session any more"


def test_the_caller_can_read_the_user_who_was_added(users: Any) -> None:
    expect(
        "The email of what users.add(email, password_hash) returned",
        seen=read(add(users, ADA), "email"),
        expected=ADA,
        why="Even after a refresh, the commit makes a row expire: its next use asks its session, "
        "which is closed.",
    )


def test_the_user_has_the_id_that_the_database_gave(users: Any) -> None:
    add(users, "first@example.com")
    expect(
        "The id of what the second users.add returned",
        seen=read(add(users, ADA), "id"),
        expected=2,
        why="The database gives the id, and before a flush or a commit it has not seen the row.",
    )


def test_the_caller_gets_a_user_and_not_a_row(users: Any) -> None:
    expect(
        "The class of what users.add returned",
        seen=type(add(users, ADA)).__name__,
        expected="User",
        why="That there is a table is known to the repository alone. Whoever is given a row comes "
        "to depend on its columns, and on how the session was set up.",
    )


def test_a_user_who_is_found_can_be_read_too(users: Any) -> None:
    added = add(users, ADA)
    found = users.get(1)
    expect(
        "The email of what users.get(1) returned",
        seen=read(found, "email"),
        expected=ADA,
        why="The commit makes every row of its session expire, also those that a query found.",
    )
    expect(
        "What users.get(1) returned, for the user who was just added",
        seen=found,
        expected=added,
        why="The caller of get wants a User as well: two of them with the same values are equal.",
    )


def test_an_unknown_id_finds_nobody(users: Any) -> None:
    error = found = None
    try:
        found = users.get(404)
    except AttributeError as raised:
        error = raised
    expect(
        "What users.get(404) returned, without a user who has this id",
        seen=error or found,
        expected=None,
        why="session.get gives None for an id that nobody has, and the service asks for None.",
    )
