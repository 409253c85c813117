"""What blocks the event loop, and whom."""

from steps.workbook.experiments.step_08 import blocking_calls
from tests.often_said import often_said


@often_said(
    "A call that blocks may stand in an `async def` endpoint.",
    "never held",
    "It holds up all others; in a `def` endpoint, or in a thread of its own, two of them run "
    "at once.",
    step=8,
)
def test_two_calls_that_block_meet_in_threads_and_not_on_the_event_loop() -> None:
    assert blocking_calls.a_blocking_call_in_a_def_endpoint() == ["together"] * 2
    assert blocking_calls.a_blocking_call_in_an_async_endpoint() == ["alone"] * 2
    assert blocking_calls.a_blocking_call_in_a_thread_of_its_own() == ["together"] * 2


@often_said(
    "A sync session in an `async def` endpoint is only slow.",
    "never held",
    "On SQLite, one that holds a write across an `await` locks the next writer out.",
    step=8,
)
def test_a_sync_session_on_the_event_loop_locks_the_second_writer_out() -> None:
    sync_session = blocking_calls.two_writers_with_a_sync_session()
    assert sync_session == ["committed", "DatabaseUnavailable"]
    assert blocking_calls.two_writers_with_an_async_session() == ["committed", "committed"]
