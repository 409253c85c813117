"""Exercise 06a: a decorator that gets a bound method."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.urls import sqlite_url
from steps.exercises import ex_06a_who_is_self as exercise
from steps.infrastructure.tables import Table, UserRow
from tests.exercises.checks import expect

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"


class CountingFactory(sessionmaker[Session]):
    """A session factory that knows how many sessions it has made."""

    made = 0

    def __call__(self, **settings: Any) -> Session:
        self.made += 1
        return super().__call__(**settings)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(sqlite_url(tmp_path / "accounts.db"), connect_args={"timeout": 1})
    Table.metadata.create_all(engine)
    yield engine
    engine.dispose()


def emails_in(engine: Engine) -> list[str]:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        return [email for (email,) in connection.execute("SELECT email FROM users ORDER BY id")]


def test_the_user_is_added_with_the_email_that_the_caller_gave(engine: Engine) -> None:
    users = exercise.Users(sessionmaker(engine))
    error = None
    try:
        users.add(ADA)
    except (AttributeError, TypeError) as raised:
        error = raised
    expect(
        f'The emails in the database after users.add("{ADA}")',
        seen=error or emails_in(engine),
        expected=[ADA],
        why="The method gets what the caller gave, and before that the session. When one value "
        "is too many or missing, each parameter holds what was meant for another.",
    )


def test_a_method_without_arguments_works_too(engine: Engine) -> None:
    users = exercise.Users(sessionmaker(engine))
    with sessionmaker(engine).begin() as session:
        session.add(UserRow(email=ADA, password_hash="-"))
    error = count = None
    try:
        count = users.count()
    except (AttributeError, TypeError) as raised:
        error = raised
    expect(
        "users.count(), with one user in the database",
        seen=error or count,
        expected=1,
        why="users.count() has no argument, so nothing may be needed in its place. With one "
        "argument, as in users.add(email), a self too many can look right by luck.",
    )


def test_an_argument_may_be_given_by_name(engine: Engine) -> None:
    users = exercise.Users(sessionmaker(engine))
    error = None
    try:
        users.add(email=BOB)
    except TypeError as raised:
        error = raised
    expect(
        f'The emails in the database after users.add(email="{BOB}")',
        seen=error or emails_in(engine),
        expected=[BOB],
        why="Whoever calls a decorated method may write what the method itself would take.",
    )


def test_each_call_has_a_session_of_its_own(engine: Engine) -> None:
    session_factory = CountingFactory(engine)
    users = exercise.Users(session_factory)
    session_factory.made = 0
    for email in (ADA, BOB, EVE):
        users.add(email)
    expect(
        "The number of sessions that three calls of users.add made",
        seen=session_factory.made,
        expected=3,
        why="A session serves one thread at a time, and the calls of an app come from many.",
    )


class AuditEvents:
    """Another class that decorates its methods in its constructor."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.record = exercise.with_session(self._record, session_factory)

    def _record(self, session: Session, user_id: int, *, action: str) -> str:
        user = user_id if isinstance(user_id, int) else f"a {type(user_id).__name__}"
        return f"{type(session).__name__}, {user}, {action}"


def test_the_decorator_works_for_another_class_too(engine: Engine) -> None:
    audit_events = AuditEvents(sessionmaker(engine))
    error = recorded = None
    try:
        recorded = audit_events.record(1, action="signed up")
    except (AttributeError, TypeError) as raised:
        error = raised
    expect(
        "What another class gets, whose constructor decorates its method as Users did",
        seen=error or recorded,
        expected="Session, 1, signed up",
        why="The mistake is in with_session. Whoever changes the class Users instead leaves it "
        "there for every other class.",
    )
