"""Once it is warm there is one engine; before that, as many as come at once."""

import pytest

from steps.workbook.experiments.step_02 import cold_starts
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("quick_hashing")


@often_said(
    "A function with `@lru_cache` runs once, and all requests share its object.",
    "depends",
    "Once the cache is warm, all requests of the process share one engine.",
    step=2,
)
def test_once_the_cache_is_warm_all_requests_share_one_engine() -> None:
    outcome = cold_starts.a_warm_cache_gives_all_requests_one_engine()

    assert outcome == {"requests": 41, "engines opened": 1}


@often_said(
    "`@lru_cache` is thread-safe, so only one object is built.",
    "never held",
    "Forty callers who were made to meet in a cold cache built forty engines; one is kept.",
    step=2,
)
def test_forty_first_requests_at_once_build_forty_engines_and_one_is_kept() -> None:
    outcome = cold_starts.a_cold_cache_gives_each_request_its_own_engine()

    assert outcome == {"requests": 40, "engines opened": 40, "engines kept": 1}


@often_said(
    "A cached object that is built before the first request is the only one.",
    "holds",
    "Forty first requests at once find it.",
    step=2,
)
def test_an_engine_built_before_the_first_request_is_the_only_one() -> None:
    outcome = cold_starts.building_before_the_first_request_gives_one_engine()

    assert outcome == {"requests": 40, "engines opened": 1}


@often_said(
    "A lock around a cached function is superfluous.",
    "never held",
    "With the lock, callers who meet get one object.",
    step=2,
)
def test_a_lock_around_the_cached_function_makes_it_the_only_one() -> None:
    outcome = cold_starts.a_lock_around_the_cached_function_gives_one_engine()

    assert outcome == {"calls": 40, "engines": 1}


@often_said(
    "`@lru_cache` keeps the object that is finished last.",
    "never held",
    "It keeps the one that is finished first.",
    step=2,
)
def test_lru_cache_keeps_the_engine_that_is_finished_first() -> None:
    assert cold_starts.lru_cache_keeps_what_is_finished_first() == {
        "they get": ["engine 1", "engine 2", "engine 3"],
        "later callers get": "engine 1",
    }


@often_said(
    "`@cache` is `@lru_cache` without a limit, and otherwise the same.",
    "depends",
    "Of callers who meet in a cold cache, it keeps what is finished last.",
    step=2,
)
def test_cache_keeps_the_engine_that_is_finished_last() -> None:
    assert cold_starts.cache_keeps_what_is_finished_last() == {
        "they get": ["engine 1", "engine 2", "engine 3"],
        "later callers get": "engine 3",
    }


@often_said(
    "A singleton exists once for the service.",
    "never held",
    "A cached object exists once for each process: four workers have four engines.",
    step=2,
)
def test_each_of_four_workers_builds_an_engine_of_its_own() -> None:
    assert cold_starts.each_of_four_workers_builds_its_own() == [1, 1, 1, 1]
