"""What an AsyncSession does not forgive: other tasks, late loading; and what it does."""

import asyncio

from steps.workbook.experiments.step_08 import async_sessions
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import new_postgresql_database

ADA = ["ada@example.com"] * 4
THREE_FAIL = ["InvalidRequestError"] * 3
OUTCOMES = {
    "look up": ADA,
    "look up, the pool pings": ["ada@example.com", *THREE_FAIL],
    "the same after a first look-up": ADA,
    "sign up after a look-up": ["written", *THREE_FAIL],
    "sign up, a session each": ["written"] * 4,
}


def test_four_tasks_in_one_session_fail_where_getting_a_connection_or_a_flush_is_awaited() -> None:
    assert async_sessions.four_tasks_on_sqlite() == OUTCOMES


def test_four_tasks_in_one_session_fare_on_postgresql_as_on_sqlite(postgresql_url: str) -> None:
    with (
        new_postgresql_database(postgresql_url) as url,
        variables({"DATABASE_URL": url}),
        # On Windows, psycopg can await nothing on the event loop that is usual there.
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        async_sessions.sign_ada_up()

        assert runner.run(async_sessions.four_tasks_in_one_session()) == OUTCOMES


def test_after_the_commit_a_row_cannot_load_itself_and_an_entity_need_not() -> None:
    assert async_sessions.reading_after_the_commit() == {
        "a row": "MissingGreenlet",
        "a row that does not expire": "grace@example.com",
        "an entity": "grace@example.com",
    }


def test_a_cancelled_sign_up_leaves_no_user_and_no_connection() -> None:
    assert async_sessions.a_cancelled_sign_up_leaves_nothing() == {
        "outcome": "CancelledError",
        "users": 0,
        "connections in use": 0,
    }
