"""Exercise 05c: each request has a session of its own, seen from requests that overlap."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from contextvars import copy_context
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, close_all_sessions

from steps.domain.urls import sqlite_url
from steps.exercises import ex_05c_whose_session as exercise
from steps.infrastructure.tables import AuditEventRow, Table, UserRow
from tests.exercises.checks import expect

PATIENCE_S = 0.5
"""How long one request may wait for another, in seconds."""


class RequestFails(Exception):
    """What an endpoint raises that fails."""


class Request:
    """Runs the learner's dependency as FastAPI does: each part in a context of its own."""

    def __init__(self, container: Any) -> None:
        self._parts = exercise.get_user_service(container)
        self.service = copy_context().run(next, self._parts)

    def sign_up(self, user_id: int, email: str) -> None:
        self.service.users.session.add(UserRow(id=user_id, email=email, password_hash="no hash"))
        event = AuditEventRow(user_id=user_id, action="signed up")
        self.service.audit_events.session.add(event)

    def end(self) -> None:
        copy_context().run(next, self._parts, None)

    def fail(self) -> None:
        with suppress(RequestFails, StopIteration):
            copy_context().run(self._parts.throw, RequestFails())


@pytest.fixture(scope="module")
def empty_tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a SQLite file with the tables, made once: it takes longer than the tasks."""
    path = tmp_path_factory.mktemp("tables") / "empty.db"
    engine = create_engine(sqlite_url(path))
    Table.metadata.create_all(engine)
    engine.dispose()
    return path.read_bytes()


@pytest.fixture
def container(empty_tables: bytes, tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "accounts.db"
    path.write_bytes(empty_tables)
    engine = create_engine(sqlite_url(path), connect_args={"timeout": 1})
    yield exercise.Container(engine=engine)
    close_all_sessions()
    engine.dispose()


def two_at_once(container: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Request, Request]:
    """Begin a second request while the first, in another thread, still makes its service."""
    first_is_inside, second_is_inside, first_is_made = Event(), Event(), Event()
    requests: dict[str, Request] = {}
    errors: list[BaseException] = []
    make_repository = exercise.Repository.__init__

    def make_and_wait(self: Any, *args: Any, **kwargs: Any) -> None:
        make_repository(self, *args, **kwargs)
        if current_thread() is thread:
            first_is_inside.set()
            second_is_inside.wait(PATIENCE_S)
        else:
            second_is_inside.set()
            first_is_made.wait(PATIENCE_S)

    def begin_the_first() -> None:
        try:
            requests["first"] = Request(container)
        except BaseException as error:
            errors.append(error)
        finally:
            first_is_inside.set()
            first_is_made.set()

    monkeypatch.setattr(exercise.Repository, "__init__", make_and_wait)
    thread = Thread(target=begin_the_first, daemon=True)
    thread.start()
    first_is_inside.wait(PATIENCE_S)
    second = Request(container)
    second_is_inside.set()
    thread.join(2 * PATIENCE_S)
    if errors:
        raise errors[0]
    return requests["first"], second


def emails_seen_by(session: Session) -> list[str]:
    return list(session.scalars(select(UserRow.email)))


def rows_in_the_file(container: Any) -> str:
    """Count what a connection sees that has nothing to do with the learner's sessions."""
    query = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM audit_events)"
    with closing(sqlite3.connect(container.engine().url.database, timeout=1)) as file:
        users, audit_events = file.execute(query).fetchone()
    return f"users: {users}, audit events: {audit_events}"


def test_a_request_does_not_see_what_another_has_not_committed(container: Any) -> None:
    first, second = Request(container), Request(container)
    first.sign_up(1, "ada@example.com")
    expect(
        "The users that a second request finds while the first still signs Ada up",
        seen=emails_seen_by(second.service.users.session),
        expected=[],
        why="The second works in the session of the first: what one commits or undoes, it does "
        "for both. A session per thread does not help, a thread serves many requests.",
    )


def test_both_parts_of_a_service_work_in_one_session(
    container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(container)
    request.sign_up(1, "ada@example.com")
    expect(
        "The users that audit_events finds after users was given Ada, in one request",
        seen=emails_seen_by(request.service.audit_events.session),
        expected=["ada@example.com"],
        why="With a session for each part, the user and her audit event are two transactions. "
        "They cannot be kept or undone together.",
    )
    request.service.users.session.rollback()
    first, _ = two_at_once(container, monkeypatch)
    first.service.users.session.add(UserRow(id=1, email="ada@example.com", password_hash="-"))
    expect(
        "The same, when a second request makes its service at the same time",
        seen=emails_seen_by(first.service.audit_events.session),
        expected=["ada@example.com"],
        why="The first was given a session of the second. What a request puts into the "
        "container, as with an override, is seen by all requests at that moment.",
    )


def test_what_two_requests_wrote_is_kept(container: Any) -> None:
    first, second = Request(container), Request(container)
    first.sign_up(1, "ada@example.com")
    second.sign_up(2, "grace@example.com")
    second.end()
    first.end()
    expect(
        "The rows in the file after two sign-ups at once have ended",
        seen=rows_in_the_file(container),
        expected="users: 2, audit events: 2",
        why="At the end, somebody must commit the very session in which the request has worked. "
        "Closing it undoes what was not committed.",
    )


def test_a_request_that_fails_keeps_nothing(container: Any) -> None:
    first, second = Request(container), Request(container)
    first.sign_up(1, "ada@example.com")
    first.service.users.session.flush()
    emails_seen_by(second.service.users.session)
    second.end()
    first.fail()
    expect(
        "The rows in the file after a sign-up has failed, and a request beside it has ended well",
        seen=rows_in_the_file(container),
        expected="users: 0, audit events: 0",
        why="Ada was told that it failed. If half of its work stays, she cannot try again: "
        "her email is taken.",
    )


def test_a_request_that_fails_gives_its_connection_back(container: Any) -> None:
    first, second = Request(container), Request(container)
    for request in (first, second):
        emails_seen_by(request.service.users.session)
        request.fail()
    expect(
        "The connections that are still lent after two requests have failed",
        seen=container.engine().pool.checkedout(),
        expected=0,
        why="A session that nobody closes keeps its connection. "
        "Each failure takes one more, until nobody gets one.",
    )
