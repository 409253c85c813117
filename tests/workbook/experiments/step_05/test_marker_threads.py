"""What notebook 05 says of the thread that a marker in `Depends` takes."""

from steps.workbook.experiments.step_05 import marker_threads
from tests.often_said import often_said


@often_said(
    "`Depends(Provide[...])` costs nothing.",
    "never held",
    "Each marker is a trip to a worker thread; an `async def` accessor is none.",
    step=5,
)
def test_a_marker_in_depends_costs_a_thread_hop_and_an_async_def_none() -> None:
    assert marker_threads.thread_hops_of_depends_provide() == {
        "Depends(Provide[...])": 1,
        "async def": 0,
    }


@often_said(
    "An `async def` endpoint never waits for worker threads.",
    "depends",
    "With a marker of dependency-injector it waits behind forty blocking requests.",
    step=5,
)
def test_a_marker_waits_for_one_of_forty_busy_threads_and_an_async_def_does_not() -> None:
    assert marker_threads.marker_waits_behind_forty_blocking_requests() == {
        "async def": 200,
        "the marker waits": True,
        "the marker, once they are released": 200,
    }
