"""What blocks the event loop, and what waits elsewhere."""

from steps.workbook.experiments.step_08 import blocking


def test_two_calls_that_block_meet_in_threads_and_not_on_the_event_loop() -> None:
    assert blocking.a_blocking_call_in_a_def_endpoint() == ["together"] * 2
    assert blocking.a_blocking_call_in_an_async_endpoint() == ["alone"] * 2
    assert blocking.a_blocking_call_in_a_thread_of_its_own() == ["together"] * 2


def test_a_sync_session_on_the_event_loop_locks_the_second_writer_of_sqlite_out() -> None:
    assert blocking.two_writers_with_a_sync_session() == ["committed", "DatabaseUnavailable"]
    assert blocking.two_writers_with_an_async_session() == ["committed", "committed"]
