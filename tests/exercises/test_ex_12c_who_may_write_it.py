"""Exercise 12c: one statement that asks and takes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from steps.domain.settings import Settings
from steps.domain.urls import sqlite_url
from steps.exercises import ex_12c_who_may_write_it as exercise
from steps.infrastructure.database import open_engine
from steps.infrastructure.tables import ExportRow
from tests.exercises.checks import expect

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    url = SecretStr(sqlite_url(tmp_path / "accounts.db"))
    engine = open_engine(Settings(database_url=url))
    with Session(engine) as session:
        session.add_all([ExportRow(id=1), ExportRow(id=2, done=True)])
        session.commit()
    yield engine
    engine.dispose()


def claim(engine: Engine, export_id: int = 1, now: datetime = NOON) -> object:
    with Session(engine) as session:
        may = exercise.claim(session, export_id, now, LEASE)
        session.commit()
    return may


def test_a_second_worker_has_to_wait(engine: Engine) -> None:
    expect(
        "A worker and an export that nobody has taken",
        seen=claim(engine),
        expected=True,
        why="Its leased_until is NULL. In SQL no comparison with NULL is true: is_(None) asks.",
    )
    expect(
        "A second worker right after the first",
        seen=claim(engine),
        expected=False,
        why="The first has the lease. Whose UPDATE found no row has taken nothing.",
    )


def test_a_lease_that_is_over_keeps_nobody_away(engine: Engine) -> None:
    claim(engine)
    expect(
        "A second worker, just before the end of the lease and just after it",
        seen=[claim(engine, now=NOON + LEASE * share) for share in (0.99, 1.01)],
        expected=[False, True],
        why="A worker that died gives nothing back. Its lease has to end by itself.",
    )


def test_who_finds_no_row_takes_nothing(engine: Engine) -> None:
    expect(
        "A worker with an id that is not there, while export 1 is free",
        seen=claim(engine, 7),
        expected=False,
        why="claim returns True or False. The other rows are not this caller's business.",
    )


def test_what_is_done_is_claimed_by_nobody(engine: Engine) -> None:
    expect(
        "A worker and an export that is done",
        seen=claim(engine, 2),
        expected=False,
        why="A message that comes again would write the file again.",
    )


def test_of_two_at_once_one_may(engine: Engine) -> None:
    claims: list[object] = []

    def let_grace_come_first(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("UPDATE") and not claims:
            claims.append(None)
            claims[0] = claim(engine)

    event.listen(engine, "before_cursor_execute", let_grace_come_first)
    claims.append(claim(engine))
    event.remove(engine, "before_cursor_execute", let_grace_come_first)
    expect(
        "Ada is about to write when Grace claims: what Grace and Ada are told",
        seen=claims,
        expected=[True, False],
        why="Grace came between the look and the write of Ada. SQLite ignores FOR UPDATE: one "
        "statement has to do both.",
    )
