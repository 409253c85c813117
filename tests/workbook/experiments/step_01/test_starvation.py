"""Requests that wait for each other, on real servers."""

from steps.workbook.experiments.step_01 import starvation
from tests.often_said import often_said


@often_said(
    "A limit at each `Depends` prevents starvation.",
    "depends",
    "`max_concurrency` (since 0.163) does so if all endpoints share one alias; two limits "
    "starve as before.",
    step=1,
)
@often_said(
    "Function scope prevents that requests wait for each other's connections.",
    "never held",
    "In both scopes two requests with one thread and one connection starve each other, if the"
    " endpoint has a response model.",
    step=1,
)
def test_two_requests_starve_each_other_with_one_thread_and_one_connection() -> None:
    assert starvation.two_requests_with_one_thread_and_one_connection() == {
        "default scope": [200, 500],
        "function scope": [200, 500],
        "one limit of 1": [200, 200],
        "two limits of 1": [200, 500],
        "logged": [
            "TimeoutError('QueuePool limit of size 1 overflow 0 reached, "
            "connection timed out, timeout 0.10')"
        ],
    }


@often_said(
    "A larger pool cures starvation.",
    "depends",
    "It takes a larger crowd: with one thread and two connections, three requests starve.",
    step=1,
)
def test_more_connections_than_threads_are_starved_by_one_request_more() -> None:
    statuses = starvation.three_requests_with_one_thread_and_two_connections()

    assert statuses == [200, 200, 500]


@often_said(
    "The default sizes of FastAPI and SQLAlchemy fit each other.",
    "never held",
    "Forty worker threads meet fifteen connections, so that fifty-five requests can starve, "
    "and wait thirty seconds.",
    step=1,
)
def test_fifty_five_requests_can_starve_with_the_default_sizes() -> None:
    assert starvation.default_sizes() == {
        "worker threads": 40,
        "connections": 15,
        "requests that can starve": 55,
        "seconds that they wait": 30,
    }
