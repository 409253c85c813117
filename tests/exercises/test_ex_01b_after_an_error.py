"""Exercise 01b: a provider that yields, and errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import isasyncgenfunction, isgeneratorfunction
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool, create_engine, event, func, select
from sqlalchemy.orm import Session

from steps.domain.urls import sqlite_url
from steps.exercises import ex_01b_after_an_error as exercise
from steps.infrastructure.tables import Table, UserRow
from tests.exercises.checks import expect

UNCLOSED = (
    "Nobody closed the session. Its connection is missing for other requests until Python "
    "happens to collect it."
)

UNYIELDED = "get_session no longer yields, so no line of it runs after the endpoint."


class OnPurpose(ValueError):
    """An error that the tasks make; any other one is the learner's, and is shown."""


def refuse() -> None:
    raise HTTPException(403)


def crash() -> None:
    raise OnPurpose("a bug")


def succeed() -> None: ...


def fail_to_commit() -> None:
    raise OnPurpose("disk full")


@contextmanager
def signing_up(folder: Path, end: Callable[[], None] = succeed) -> Iterator[tuple[Engine, int]]:
    """Give out the engine and the status after one sign-up that ends like this."""
    engine = create_engine(sqlite_url(folder / f"{end.__name__}.db"))
    Table.metadata.create_all(engine)
    if end is fail_to_commit:
        event.listen(engine, "commit", lambda _: fail_to_commit())
    kept: list[Session] = []  # from the garbage collector
    app = FastAPI()
    app.state.engine = engine

    @app.post("/users", status_code=201)
    def sign_up(session: Annotated[Session, Depends(exercise.get_session)]) -> None:
        kept.append(session)
        session.add(UserRow(email="ada@example.com", password_hash="-"))
        session.flush()
        if end is not fail_to_commit:
            end()

    try:
        try:
            status = TestClient(app).post("/users").status_code
        except (OnPurpose, FastAPIError):  # FastAPI's own: nobody raised, nobody answered
            status = 500
        yield engine, status
    finally:
        for session in kept:
            session.close()
        engine.dispose()


def connections_in_use(engine: Engine) -> int:
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def why_unclosed() -> str:
    yields = isgeneratorfunction(exercise.get_session) or isasyncgenfunction(exercise.get_session)
    return UNCLOSED if yields else f"{UNYIELDED} {UNCLOSED}"


def count_users(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(UserRow)) or 0


def test_an_endpoint_that_raises_gives_the_connection_back(tmp_path: Path) -> None:
    for end, error in ((refuse, "HTTPException(403)"), (crash, "ValueError")):
        with signing_up(tmp_path, end) as (engine, _):
            expect(
                f"Connections in use after an endpoint that raised {error}",
                seen=connections_in_use(engine),
                expected=0,
                why=why_unclosed(),
            )


def test_a_failed_request_leaves_nothing_in_the_database(tmp_path: Path) -> None:
    for end in (refuse, crash):
        with signing_up(tmp_path, end) as (engine, status):
            expect(
                f"Users in the database after a sign-up that ended in {status}",
                seen=count_users(engine),
                expected=0,
                why="finally runs after an error, too. A commit there keeps what failed.",
            )


def test_the_client_still_hears_of_the_error(tmp_path: Path) -> None:
    for end, error, expected in ((refuse, "a 403", 403), (crash, "ValueError", 500)):
        with signing_up(tmp_path, end) as (_, status):
            expect(
                f"The status when the endpoint raises {error}",
                seen=status,
                expected=expected,
                why="An error that a provider catches has to be raised again.",
            )


def test_a_request_that_succeeds_is_committed(tmp_path: Path) -> None:
    with signing_up(tmp_path) as (engine, status):
        expect(
            f"What a sign-up that was answered with {status} leaves behind",
            seen=f"users: {count_users(engine)}, connections in use: {connections_in_use(engine)}",
            expected="users: 1, connections in use: 0",
            why="A close rolls back what is not committed yet.",
        )


def test_a_commit_that_fails_gives_the_connection_back(tmp_path: Path) -> None:
    with signing_up(tmp_path, fail_to_commit) as (engine, _):
        expect(
            "Connections in use after a commit that failed",
            seen=connections_in_use(engine),
            expected=0,
            why=f"A commit can raise, too. {UNCLOSED}",
        )
