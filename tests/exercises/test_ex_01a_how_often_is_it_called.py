"""Exercise 01a: the cache of a request."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.exercises import ex_01a_how_often_is_it_called as exercise
from tests.exercises.checks import expect


def calls_of_two_requests(kind: Any) -> int:
    app = FastAPI()

    @app.get("/")
    def endpoint(a: kind, b: kind) -> None: ...

    exercise.calls.clear()
    client = TestClient(app)
    client.get("/")
    client.get("/")
    return len(exercise.calls)


def test_the_cache_lives_within_one_request() -> None:
    seen = calls_of_two_requests(exercise.Number)
    expect(
        "CALLS_WITH_THE_CACHE",
        seen=exercise.CALLS_WITH_THE_CACHE,
        expected=seen,
        why="A request keeps what a provider has returned, and the next request begins anew.",
    )


def test_without_the_cache_each_parameter_is_a_call() -> None:
    seen = calls_of_two_requests(exercise.Fresh)
    expect(
        "CALLS_WITHOUT_THE_CACHE",
        seen=exercise.CALLS_WITHOUT_THE_CACHE,
        expected=seen,
        why="use_cache=False calls the provider for each parameter of each request.",
    )
