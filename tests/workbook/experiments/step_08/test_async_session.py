"""What an AsyncEngine and its sessions do not forgive."""

import asyncio

import pytest

from steps.workbook.experiments.step_08 import async_session
from steps.workbook.world.postgresql import new_postgresql_database
from tests.often_said import often_said

REFUSED = {
    "look up, from the pool": 0,
    "look up, connecting": 3,
    "look up, connected": 0,
    "add, connected": 3,
    "add, a session each": 0,
}
"""Of four tasks."""
WITH_PING = REFUSED | {"look up, from the pool": 3}

with_and_without_ping = pytest.mark.parametrize(
    ("pool_pre_ping", "refused"), [(False, REFUSED), (True, WITH_PING)]
)


@often_said(
    "Tasks of `asyncio.gather` may share an `AsyncSession`.",
    "never held",
    "Three of four tasks are refused when they flush at once, or when the session still has "
    "to connect.",
    step=8,
)
@with_and_without_ping
def test_four_tasks_in_one_session_are_refused_if_they_connect_or_flush(
    pool_pre_ping: bool, refused: dict[str, int]
) -> None:
    assert async_session.four_tasks_in_one_session(pool_pre_ping) == refused


@often_said(
    "Tasks that share an `AsyncSession` work on SQLite and fail on PostgreSQL.",
    "never held",
    "With the same options of the engine both refuse as many.",
    step=8,
)
@with_and_without_ping
def test_postgresql_refuses_as_many_as_sqlite(
    pool_pre_ping: bool, refused: dict[str, int], postgresql_url: str
) -> None:
    with (
        async_session.without_warnings(),
        new_postgresql_database(postgresql_url) as url,
        # On Windows, psycopg can await nothing on the event loop that is usual there.
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        assert runner.run(async_session.refused_of_four(url, pool_pre_ping)) == refused


@often_said(
    "An `AsyncSession` loads an expired attribute when it is read.",
    "never held",
    "That raises `MissingGreenlet`; a row that does not expire, or an entity, can be read.",
    step=8,
)
def test_after_the_commit_a_row_cannot_load_itself_and_an_entity_need_not() -> None:
    assert async_session.reading_after_the_commit() == {
        "a row": "MissingGreenlet",
        "a row that does not expire": "grace@example.com",
        "an entity": "grace@example.com",
    }


@often_said(
    "A cancelled task leaves its transaction open.",
    "never held",
    "A sign-up of step 08 that is cancelled half way leaves no user and no connection in use.",
    step=8,
)
def test_a_cancelled_sign_up_leaves_no_user_and_no_connection() -> None:
    assert async_session.a_cancelled_sign_up_leaves_nothing() == {
        "outcome": "CancelledError",
        "users": [],
        "connections in use": 0,
    }


@often_said(
    "An `AsyncEngine` may move to another event loop.",
    "depends",
    "If somebody has waited for one of its connections, it raises a `RuntimeError` on the "
    "next event loop.",
    step=8,
)
def test_an_engine_that_has_had_a_line_stays_with_its_event_loop() -> None:
    assert async_session.an_engine_that_moves_to_another_event_loop() == ["done", "RuntimeError"]
