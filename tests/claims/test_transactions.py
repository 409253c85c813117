"""What is often said of sessions and transactions, and is tried nowhere else."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from steps.infrastructure.tables import UserRow
from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.kit import scratch_database
from steps.workbook.world.databases import new_user
from steps.workbook.world.postgresql import new_postgresql_database
from tests.often_said import often_said


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    with new_postgresql_database(postgresql_url) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def emails_in(engine: Engine) -> list[str]:
    with Session(engine) as session:
        emails = session.scalars(select(UserRow.email).order_by(UserRow.id))
        return [email.partition("@")[0] for email in emails]


@often_said(
    "`flush()` and `refresh()` before the commit keep a row readable.",
    "never held",
    "The commit expires it all the same: `DetachedInstanceError`.",
    step=6,
)
def test_a_flush_and_a_refresh_before_the_commit_do_not_keep_a_row_readable() -> None:
    with sessionmaker(scratch_database()).begin() as session:
        row = new_user("ada")
        session.add(row)
        session.flush()
        session.refresh(row)

    with pytest.raises(DetachedInstanceError):
        _ = row.email


# A statement that fails without the ORM's flush


def insert_ada_twice(session: Session) -> None:
    for _ in range(2):
        values = {"email": "ada@example.com", "password_hash": "-"}
        with suppress(IntegrityError):
            session.execute(insert(UserRow).values(values))


@often_said(
    "A commit that raises nothing has kept something.",
    "never held",
    "On PostgreSQL, after a caught error of `session.execute(insert(...))`, it raises nothing"
    " and keeps nothing.",
    step=7,
)
def test_on_postgresql_a_commit_after_a_caught_statement_keeps_nothing_and_raises_nothing(
    postgresql: Engine,
) -> None:
    with Session(postgresql) as session:
        insert_ada_twice(session)
        session.commit()

    assert emails_in(postgresql) == []


@often_said(
    "A statement that fails undoes the whole transaction.",
    "depends",
    "On SQLite, after a caught error of `session.execute(insert(...))`, the commit keeps what"
    " came before.",
    step=7,
)
def test_on_sqlite_a_commit_after_a_caught_statement_keeps_what_came_before() -> None:
    engine = scratch_database()
    with Session(engine) as session:
        insert_ada_twice(session)
        session.commit()

    assert emails_in(engine) == ["ada"]


# A decorated method inside another one


class Nesting:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)
        self.add_two_then_fail = with_session(self._add_two_then_fail)

    def _add(self, session: Session, name: str) -> None:
        session.add(new_user(name))

    def _add_two_then_fail(self, session: Session) -> None:
        session.add(new_user("ada"))
        session.flush()
        self.add("bob")
        raise OSError


@often_said(
    "The write of an inner call waits for the outer one.",
    "depends",
    "On PostgreSQL an inner call that writes another row commits at once, and survives the "
    "rollback of the outer one.",
    step=6,
)
def test_on_postgresql_an_inner_write_waits_for_nobody_and_survives_the_outer_rollback(
    postgresql: Engine,
) -> None:
    nesting = Nesting(SessionDecorator(sessionmaker(postgresql)))

    with pytest.raises(OSError):  # noqa: PT011
        nesting.add_two_then_fail()

    assert emails_in(postgresql) == ["bob"]
