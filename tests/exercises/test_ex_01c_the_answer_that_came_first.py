"""Exercise 01c: the commit and the answer."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session

from steps.domain.urls import sqlite_url
from steps.exercises import ex_01c_the_answer_that_came_first as exercise
from steps.infrastructure.tables import AuditEventRow, Table, UserRow
from tests.exercises.checks import expect

OLD, NEW = "ada@old.example", "ada@new.example"
EARLY = "The default scope ends after the answer."
REQUEST = {
    "type": "http",
    "method": "PUT",
    "path": "/email",
    "query_string": b"",
    "headers": [],
}


@dataclass
class Seen:
    """What another connection read as the answer began, and what there was to count."""

    status: int = 0
    email: str = ""
    events: int = 0
    commits: int = 0
    email_later: str = ""


def change_email(folder: Path, *, commit_fails: bool = False, fails: bool = False) -> Seen:
    """Change an email and note an audit event, in one request, without any server between."""
    file, seen = folder / "accounts.db", Seen()
    engine = create_engine(sqlite_url(file), connect_args={"timeout": 1})
    Table.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(UserRow(id=1, email=OLD, password_hash="-"))
        session.commit()

    def note_commit(_: Connection) -> None:
        seen.commits += 1
        if commit_fails:
            raise OSError("disk full")

    event.listen(engine, "commit", note_commit)
    app = FastAPI()
    app.state.engine = engine

    @app.put("/email")
    def endpoint(
        users: Annotated[Any, Depends(exercise.UserRepository)],
        audit_events: Annotated[Any, Depends(exercise.AuditEventRepository)],
    ) -> None:
        users.session.get(UserRow, 1).email = NEW
        audit_events.session.add(AuditEventRow(user_id=1, action="changed email"))
        if fails:
            raise ValueError("a bug")

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.status = message["status"]
            seen.email, seen.events = rows_in(file)

    try:
        asyncio.run(app(dict(REQUEST), receive, send))  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        if str(error) not in ("disk full", "a bug"):
            raise
    finally:
        engine.dispose()
    seen.email_later, _ = rows_in(file)
    return seen


def rows_in(file: Path) -> tuple[str, int]:
    """Read the email and count the audit events, as another client would."""
    with closing(sqlite3.connect(file, timeout=1)) as connection:
        (email,) = connection.execute("SELECT email FROM users").fetchone()
        (events,) = connection.execute("SELECT count(*) FROM audit_events").fetchone()
        return email, events


def test_the_new_email_is_there_when_the_client_gets_its_answer(tmp_path: Path) -> None:
    seen = change_email(tmp_path)
    expect(
        "The email in the database after the whole request",
        seen=seen.email_later,
        expected=NEW,
        why="Nothing committed it. Above the yield, a commit comes before the endpoint has run.",
    )
    expect(
        f"The email in the database as the client gets its {seen.status}",
        seen=seen.email,
        expected=NEW,
        why=f"{EARLY} A client that reads at once finds the old email.",
    )


def test_the_audit_event_is_there_when_the_client_gets_its_answer(tmp_path: Path) -> None:
    seen = change_email(tmp_path)
    expect(
        f"Audit events in the database as the client gets its {seen.status}",
        seen=seen.events,
        expected=1,
        why=f"{EARLY} And each Depends has a scope of its own: two scopes are two sessions.",
    )


def test_one_request_commits_once(tmp_path: Path) -> None:
    expect(
        "Commits of a request that writes with both repositories",
        seen=change_email(tmp_path).commits,
        expected=1,
        why="Two sessions are two transactions: a request can keep one half and lose the other.",
    )


def test_a_commit_that_fails_is_not_a_success_for_the_client(tmp_path: Path) -> None:
    expect(
        "The status that the client gets when the commit fails",
        seen=change_email(tmp_path, commit_fails=True).status,
        expected=500,
        why="A 200 that is sent cannot be taken back.",
    )


def test_a_request_that_fails_keeps_nothing(tmp_path: Path) -> None:
    expect(
        "The email in the database after an endpoint that raised ValueError",
        seen=change_email(tmp_path, fails=True).email_later,
        expected=OLD,
        why="An error skips the code after the yield. A commit in finally keeps what failed.",
    )
