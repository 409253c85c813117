"""What both kinds of engine make of a PostgreSQL server that hangs up."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from steps.domain.errors import DatabaseUnavailable, OutcomeUnknown
from steps.domain.settings import Settings
from steps.infrastructure.database import open_async_engine, open_engine
from steps.workbook.world.postgresql import new_postgresql_database

Work = Callable[[Session], None]
Run = Callable[[str, list[Work]], None]


def run_blocking(url: str, works: list[Work]) -> None:
    engine = open_engine(Settings(database_url=SecretStr(url)))
    try:
        for work in works:
            with Session(engine) as session:
                work(session)
    finally:
        engine.dispose()


def run_awaiting(url: str, works: list[Work]) -> None:
    async def run() -> None:
        engine = open_async_engine(Settings(database_url=SecretStr(url)))
        try:
            for work in works:
                async with AsyncSession(engine) as session:
                    await session.run_sync(work)
        finally:
            await engine.dispose()

    # On Windows, psycopg can await nothing on the event loop that is usual there.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(run())


@pytest.fixture(params=[run_blocking, run_awaiting], ids=["Engine", "AsyncEngine"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


@pytest.fixture(scope="module")
def url(postgresql_url: str) -> Iterator[str]:
    with new_postgresql_database(postgresql_url) as url:
        yield url


@pytest.fixture
def hang_up(url: str) -> Callable[[], None]:
    """Cut every connection to the database but the one that does it."""

    def cut() -> None:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(
                text(
                    """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid != pg_backend_pid()"""
                )
            )

    return cut


def look(session: Session) -> None:
    session.execute(text("SELECT 1"))


def test_a_connection_lost_before_a_statement_is_a_database_that_does_not_answer(
    run: Run, url: str, hang_up: Callable[[], None]
) -> None:
    def look_twice(session: Session) -> None:
        look(session)
        hang_up()
        look(session)

    with pytest.raises(DatabaseUnavailable):
        run(url, [look_twice])


def test_a_connection_lost_at_commit_leaves_the_outcome_unknown(
    run: Run, url: str, hang_up: Callable[[], None]
) -> None:
    def commit(session: Session) -> None:
        look(session)
        hang_up()
        session.commit()

    with pytest.raises(OutcomeUnknown):
        run(url, [commit])


def test_after_a_commit_the_next_transaction_can_fail_as_any_other(
    run: Run, url: str, hang_up: Callable[[], None]
) -> None:
    def commit_and_go_on(session: Session) -> None:
        look(session)
        session.commit()
        look(session)
        hang_up()
        look(session)

    with pytest.raises(DatabaseUnavailable):
        run(url, [commit_and_go_on])


def test_a_connection_lost_while_nobody_uses_it_is_replaced(
    run: Run, url: str, hang_up: Callable[[], None]
) -> None:
    run(url, [look, lambda _: hang_up(), look])


def test_a_refused_commit_is_no_lost_one(run: Run, url: str) -> None:
    """The server undid it and said so."""

    def commit_what_is_refused(session: Session) -> None:
        session.execute(text("CREATE TEMP TABLE refused (id int)"))
        session.execute(
            text(
                """CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql
                   AS 'BEGIN RAISE disk_full; END'"""
            )
        )
        session.execute(
            text(
                """CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON refused DEFERRABLE
                   INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"""
            )
        )
        session.execute(text("INSERT INTO refused VALUES (1)"))
        session.commit()

    with pytest.raises(DatabaseUnavailable):
        run(url, [commit_what_is_refused])
