"""Which calls hop to a worker thread, and what a thread may change."""

from steps.workbook.experiments.step_08 import worker_threads


def test_step_08_hops_to_a_thread_for_a_password_and_for_buckets() -> None:
    calls = ("POST /users", "POST /login", "GET /users/1", "GET /health", "GET /buckets")
    assert worker_threads.thread_hops_of_each_call(7) == dict.fromkeys(calls, 2)
    assert worker_threads.thread_hops_of_each_call(8) == dict(
        zip(calls, [1, 1, 0, 0, 2], strict=True)
    )


def test_sqlites_driver_has_a_thread_for_each_connection() -> None:
    assert worker_threads.threads_of_sqlite_for_three_connections() == 3


def test_a_worker_thread_reads_the_context_and_cannot_change_it() -> None:
    assert worker_threads.a_worker_thread_reads_the_context_and_cannot_change_it() == {
        "read in the thread": "Ada",
        "read after it": "Ada",
    }
