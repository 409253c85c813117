"""Who has a worker thread while the database answers."""

import pytest

from steps.workbook.experiments.step_08 import worker_threads
from steps.workbook.world.event_loops import on_event_loop
from tests.often_said import often_said


@often_said(
    "A slow database holds up only those who ask it.",
    "never held",
    "While fifty log-ins wait for it, a look-up of step 07 finds no thread; in step 08, whose"
    " log-ins take none, it is answered.",
    step=8,
)
@pytest.mark.parametrize(
    ("step", "database", "thread", "answered"), [(7, 40, 10, False), (8, 50, 0, True)]
)
def test_in_step_07_who_waits_for_the_database_takes_a_thread_from_the_others(
    step: int, database: int, thread: int, answered: bool
) -> None:
    assert worker_threads.fifty_log_ins_and_a_look_up(step) == {
        "log-ins that wait for the database": database,
        "log-ins that wait for a thread": thread,
        "a look-up is answered meanwhile": answered,
    }


def test_whoever_waits_for_what_never_comes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_threads, "PATIENCE_S", 0.01)
    with pytest.raises(TimeoutError):
        on_event_loop(worker_threads.until, lambda: False)


@often_said(
    "An async service needs no worker thread.",
    "never held",
    "Step 08 takes one to hash or verify a password, and two to list the buckets.",
    step=8,
)
def test_step_08_hops_to_a_thread_for_a_password_and_for_buckets() -> None:
    calls = ("POST /users", "POST /login", "GET /users/1", "GET /health", "GET /buckets")
    assert worker_threads.hops_of_each_call(7) == dict.fromkeys(calls, 2)
    assert worker_threads.hops_of_each_call(8) == dict(zip(calls, [1, 1, 0, 0, 2], strict=True))


@often_said(
    "An async driver needs no threads.",
    "depends",
    "That of SQLite has a thread for each connection.",
    step=8,
)
def test_sqlites_driver_has_a_thread_for_each_connection() -> None:
    assert worker_threads.threads_of_sqlite_for_three_connections() == 3
