"""Exercise 06c: a session decorator."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.urls import sqlite_url
from steps.exercises import ex_06c_a_session_for_every_call as exercise
from steps.infrastructure.tables import Table, UserRow
from tests.exercises.checks import expect, expect_that

ADA, BOB = "ada@example.com", "bob@example.com"


class Recorder(Session):
    """A session that writes down when it is opened and closed."""

    events: list[str]

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.events.append("opened")
        self.is_open = True

    def close(self) -> None:
        super().close()
        if self.is_open:
            self.events.append("closed")
        self.is_open = False


class DiskFull(Exception):
    """What the method of a task raises."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(sqlite_url(tmp_path / "accounts.db"), connect_args={"timeout": 1})
    Table.metadata.create_all(engine)
    yield engine
    engine.dispose()


def emails_in(engine: Engine) -> list[str]:
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        return [email for (email,) in connection.execute("SELECT email FROM users ORDER BY id")]


def new_repository(session_factory: Any, method: Callable[..., Any]) -> Any:
    """Return an object whose class has one decorated method, `call`."""
    decorated = {"call": exercise.with_session(method)}
    repository: Any = type("Repository", (), decorated)()
    repository.session_factory = session_factory
    return repository


def add_and_fail(self: object, session: Session) -> None:
    session.add(UserRow(email=BOB, password_hash="-"))
    session.flush()
    raise DiskFull


def test_a_call_keeps_what_it_wrote_and_returns_what_the_method_returned(engine: Engine) -> None:
    users = exercise.UserRepository(sessionmaker(engine))
    returned = users.add(ADA, password_hash="-")
    expect(
        "The emails in the database after users.add(email, password_hash=...)",
        seen=emails_in(engine),
        expected=[ADA],
        why="What a call wrote is there for others after a commit. Closing a session is no commit.",
    )
    expect(
        "What users.add returned",
        seen=returned,
        expected=1,
        why="The caller gets what the method returns, here the id of the new user.",
    )


def test_an_error_undoes_what_the_call_wrote(engine: Engine) -> None:
    repository = new_repository(sessionmaker(engine), add_and_fail)
    heard = "no error"
    try:
        repository.call()
    except DiskFull:
        heard = "the error"
    expect(
        "What the caller hears of an error in the method",
        seen=heard,
        expected="the error",
        why="A decorator that keeps an error for itself lets the caller believe in a success.",
    )
    expect(
        "The emails in the database after a method wrote one and failed",
        seen=emails_in(engine),
        expected=[],
        why="A method that failed must not leave half of its work behind.",
    )


def test_each_call_opens_a_session_and_closes_it(engine: Engine) -> None:
    events: list[str] = []
    recorder = type("RecordedSession", (Recorder,), {"events": events})

    def note(self: object, session: Session) -> None:
        events.append("used")

    def note_and_fail(self: object, session: Session) -> None:
        note(self, session)
        raise DiskFull

    repository = new_repository(sessionmaker(engine, class_=recorder), note)
    repository.call()
    repository.call()
    with suppress(DiskFull):
        new_repository(sessionmaker(engine, class_=recorder), note_and_fail).call()
    expect(
        "The sessions of three calls, the last one with an error",
        seen=" ".join(events) or "no session",
        expected="opened used closed " * 2 + "opened used closed",
        why="Nobody else knows this session. Unless the call closes it, its rows and perhaps its "
        "connection stay until the garbage collector comes. And two threads must not share one.",
    )


def test_a_method_keeps_its_name_and_docstring() -> None:
    add = exercise.UserRepository.add
    expect(
        "The name and the docstring of UserRepository.add",
        seen=f"{add.__name__}: {add.__doc__}",
        expected="add: Add a user and return the id.",
        why="They are what help() and an editor show. Without them, all decorated methods look "
        "the same.",
    )


def test_a_method_that_runs_after_its_call_is_refused() -> None:
    async def add_later(self: object, session: Session) -> None: ...

    def stream_ids(self: object, session: Session) -> Iterator[int]:
        yield 1

    async def stream_later(self: object, session: Session) -> AsyncIterator[int]:
        yield 1

    methods = {
        "an async def function": add_later,
        "a generator function": stream_ids,
        "an async generator function": stream_later,
    }
    for kind, method in methods.items():
        refused = False
        try:
            exercise.with_session(method)
        except TypeError:
            refused = True
        expect_that(
            refused,
            f"with_session, given {kind}",
            seen="no error when the class is made",
            expected="a TypeError",
            why="Its call runs nothing of its body yet, so the session would close before the "
            "body begins. Refuse it at once: who is told at the first call is told too late.",
        )
