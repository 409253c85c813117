"""Where a provider runs."""

from steps.workbook.experiments.step_01 import provider_threads
from tests.often_said import often_said


@often_said(
    "A provider costs nothing.",
    "depends",
    "An `async def` provider needs no worker thread; a `def` one is one trip to a thread, and"
    " with `yield` two.",
    step=1,
)
def test_each_def_dependency_is_a_thread_hop_and_an_async_one_is_none() -> None:
    assert provider_threads.where_dependencies_run() == {
        "async def runs on": "event loop",
        "def runs on": "worker thread",
        "thread hops of an async def": 0,
        "thread hops of a def": 1,
        "thread hops of a def with yield": 2,
        "thread hops of three chained defs": 3,
    }


@often_said(
    "A context variable that a dependency sets reaches the endpoint.",
    "depends",
    "Set in an `async def` provider it does; set in a `def` one it does not.",
    step=1,
)
def test_the_endpoint_sees_a_context_variable_only_if_it_was_set_in_an_async_def() -> None:
    assert provider_threads.context_variable_set_in_a_def_dependency() == {
        "set in def": "nobody",
        "set in async def": "Ada",
    }
