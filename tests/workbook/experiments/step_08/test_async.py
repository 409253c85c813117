"""What notebook 08 says of event loops, worker threads, and an AsyncEngine and its sessions."""

import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from steps.domain.settings import Settings
from steps.infrastructure.database import open_async_engine
from steps.workbook.experiments.step_01 import depends_rules
from steps.workbook.experiments.step_08 import async_session, event_loop
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork
from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.postgresql import new_postgresql_database

# Who waits where


@pytest.mark.parametrize(
    ("step", "database", "thread", "answered"), [(6, 40, 10, False), (7, 50, 0, True)]
)
def test_in_step_07_who_waits_for_the_database_takes_a_thread_from_the_others(
    step: int, database: int, thread: int, answered: bool
) -> None:
    assert event_loop.fifty_log_ins_and_a_look_up(step) == {
        "log-ins that wait for the database": database,
        "log-ins that wait for a thread": thread,
        "a look-up is answered meanwhile": answered,
    }


def test_whoever_waits_for_what_never_comes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "PATIENCE_S", 0.01)
    with pytest.raises(TimeoutError):
        on_event_loop(event_loop.until, lambda: False)


def test_step_08_hops_to_a_thread_for_a_password_and_for_buckets() -> None:
    calls = ("POST /users", "POST /login", "GET /users/1", "GET /health", "GET /buckets")
    assert event_loop.thread_hops(6) == dict.fromkeys(calls, 2)
    assert event_loop.thread_hops(7) == dict(zip(calls, [1, 1, 0, 0, 2], strict=True))


def test_what_never_waits_stays_a_plain_function() -> None:
    counts = event_loop.functions_that_are_async(7)
    assert set(event_loop.functions_that_are_async(6)) == set(counts)
    assert counts["accessors.py"] == "0 of 5"
    assert counts["routes.py"] == "5 of 7"


def test_sqlites_driver_has_a_thread_for_each_connection() -> None:
    assert event_loop.threads_of_sqlite_for_three_connections() == 3


# What blocks


def test_two_calls_that_block_meet_in_threads_and_not_on_the_event_loop() -> None:
    assert event_loop.a_blocking_call_in_a_def_endpoint() == ["together"] * 2
    assert event_loop.a_blocking_call_in_an_async_endpoint() == ["alone"] * 2
    assert event_loop.a_blocking_call_in_a_thread_of_its_own() == ["together"] * 2


def test_a_sync_session_on_the_event_loop_locks_the_second_writer_out() -> None:
    sync_session = event_loop.two_writers_with_a_sync_session()
    assert sync_session == ["committed", "DatabaseUnavailable"]
    assert event_loop.two_writers_with_an_async_session() == ["committed", "committed"]


# Context variables


def test_what_a_def_dependency_sets_never_reaches_the_endpoint() -> None:
    assert depends_rules.context_variable_set_in_a_def_dependency() == {
        "set in def": "nobody",
        "set in async def": "Ada",
    }


def test_a_worker_thread_reads_the_context_and_cannot_change_it() -> None:
    assert event_loop.a_worker_thread_reads_the_context_and_cannot_change_it() == {
        "read in the thread": "Ada",
        "read after it": "Ada",
    }


# The container


def test_an_async_engine_is_made_without_awaiting_and_closed_with() -> None:
    assert async_session.create_async_engine_itself_awaits_nothing() == {
        "create_async_engine is async": False,
        "engine.connect() has to be awaited": True,
        "engine.dispose is async": True,
    }


def test_an_async_resource_makes_a_future_of_all_that_depend_on_it() -> None:
    assert async_session.an_async_resource_makes_a_future_of_all_that_depend_on_it() == {
        "engine": "Task",
        "session_factory": "Future",
        "unit_of_work": "Future",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "Future",
    }


def test_a_singleton_engine_makes_what_it_says() -> None:
    assert async_session.a_singleton_engine_makes_what_it_says() == {
        "engine": "AsyncEngine",
        "session_factory": "async_sessionmaker",
        "unit_of_work": "UnitOfWork",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "UserService",
    }


# Sessions


def test_four_tasks_in_one_session_fail_as_soon_as_they_really_overlap() -> None:
    ada = "ada@example.com"
    assert async_session.four_tasks_in_one_session() == {
        "look up": [ada] * 4,
        "look up, connecting first": [ada, *["InvalidRequestError"] * 3],
        "sign up": ["written", *["InvalidRequestError"] * 3],
        "sign up, a session each": ["written"] * 4,
    }


def test_four_tasks_in_one_session_fail_on_postgresql_even_with_a_connection_at_hand(
    postgresql_url: str,
) -> None:
    """The pool awaits the server's answer to a ping before it lends the connection out."""

    async def look_up_on(url: str) -> list[str]:
        engine = open_async_engine(Settings(database_url=SecretStr(url)))
        try:
            async with AsyncSession(engine) as session:
                session.add(async_session.new_row("ada"))
                await session.commit()
            return await async_session.look_up_four_times(engine)
        finally:
            await engine.dispose()

    with (
        new_postgresql_database(postgresql_url) as url,
        # On Windows, psycopg can await nothing on the event loop that is usual there.
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
    ):
        outcomes = runner.run(look_up_on(url))

    assert outcomes == ["ada@example.com", *["InvalidRequestError"] * 3]


def test_after_the_commit_a_row_cannot_load_itself_and_an_entity_need_not() -> None:
    assert async_session.reading_after_the_commit() == {
        "a row": "MissingGreenlet",
        "a row that does not expire": "grace@example.com",
        "an entity": "grace@example.com",
    }


def test_a_cancelled_sign_up_leaves_no_user_and_no_connection() -> None:
    assert async_session.a_cancelled_sign_up_leaves_nothing() == {
        "outcome": "CancelledError",
        "users": [],
        "connections in use": 0,
    }


def test_an_engine_that_has_had_a_line_stays_with_its_event_loop() -> None:
    assert async_session.an_engine_that_moves_to_another_event_loop() == ["done", "RuntimeError"]


async def _sign_up_in_memory(fake: AsyncInMemoryUnitOfWork, commit: bool) -> None:
    async with fake() as transaction:
        await transaction.users.add("ada@example.com", "-")
        if commit:
            await transaction.commit()


@pytest.mark.parametrize("commit", [True, False])
def test_the_async_fake_keeps_what_was_committed(commit: bool) -> None:
    fake = AsyncInMemoryUnitOfWork()
    on_event_loop(_sign_up_in_memory, fake, commit)
    assert len(fake.users) == commit
