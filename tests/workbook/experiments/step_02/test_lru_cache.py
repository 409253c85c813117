"""What the notebook of step 02 says of `lru_cache`."""

import pytest

from steps.workbook.experiments.step_02 import lru_cache as experiments

pytestmark = pytest.mark.usefixtures("quick_hashing")


def test_once_the_cache_is_warm_all_requests_share_one_engine() -> None:
    outcome = experiments.a_warm_cache_gives_all_requests_one_engine()

    assert outcome == {"requests": 41, "engines opened": 1}


def test_forty_first_requests_at_once_build_forty_engines_and_one_is_kept() -> None:
    outcome = experiments.a_cold_cache_gives_each_request_its_own_engine()

    assert outcome == {"requests": 40, "engines opened": 40, "engines kept": 1}


def test_an_engine_built_before_the_first_request_is_the_only_one() -> None:
    outcome = experiments.building_before_the_first_request_gives_one_engine()

    assert outcome == {"requests": 40, "engines opened": 1}


def test_a_lock_around_the_cached_function_makes_it_the_only_one() -> None:
    outcome = experiments.a_lock_around_the_cached_function_gives_one_engine()

    assert outcome == {"calls": 40, "engines": 1}


def test_lru_cache_keeps_the_engine_that_is_finished_first() -> None:
    assert experiments.lru_cache_keeps_what_is_finished_first() == {
        "they get": ["engine 1", "engine 2", "engine 3"],
        "later callers get": "engine 1",
    }


def test_cache_keeps_the_engine_that_is_finished_last() -> None:
    assert experiments.cache_keeps_what_is_finished_last() == {
        "they get": ["engine 1", "engine 2", "engine 3"],
        "later callers get": "engine 3",
    }


def test_each_of_four_workers_builds_an_engine_of_its_own() -> None:
    assert experiments.each_of_four_workers_builds_its_own() == [1, 1, 1, 1]


def test_the_engine_is_still_open_when_the_server_is_gone() -> None:
    outcome = experiments.nothing_closes_the_engine()

    assert outcome["opened"] == 1
    assert outcome["closed when the server is gone"] == 0
    assert outcome["connections it still holds"] == 1


def test_a_test_sees_the_rows_of_the_test_before_until_the_cache_is_cleared() -> None:
    assert list(experiments.a_test_meets_the_user_of_the_test_before().values()) == [201, 200, 404]


def test_a_dictionary_that_all_share_can_be_changed_by_any_request() -> None:
    outcome = experiments.one_request_changes_the_config_of_the_next()

    assert outcome == ["hello", "changed by a request"]


def test_fastapi_accepts_a_singleton_scope_and_ignores_it() -> None:
    assert experiments.scope_singleton_means_nothing_to_fastapi() == [1, 2]


def test_each_new_argument_builds_another_object_and_128_are_kept() -> None:
    outcome = experiments.two_hundred_regions_build_two_hundred_clients()

    assert outcome == {"built": 200, "kept": 128}


def test_the_same_argument_by_position_and_by_keyword_builds_two_objects() -> None:
    assert experiments.a_keyword_is_another_key() == 2


def test_settings_are_a_key_when_frozen_and_refused_when_not() -> None:
    assert experiments.only_frozen_settings_can_be_an_argument() == {
        "equal ones share an engine": True,
        "different ones share an engine": False,
        "not frozen": "unhashable type: 'ThawedSettings'",
    }


def test_a_cached_async_provider_fails_from_the_second_request_on() -> None:
    assert experiments.an_async_provider_works_once() == [
        "200",
        "RuntimeError: cannot reuse already awaited coroutine",
    ]


def test_a_cached_provider_with_yield_fails_from_the_second_request_on() -> None:
    assert experiments.a_provider_with_yield_works_once() == [
        "200",
        "RuntimeError: generator didn't yield",
    ]


def test_overridden_settings_decide_where_step_01_writes() -> None:
    assert experiments.overridden_settings_reach_the_engine_of_step_01() == {
        "users in the test database": 1,
        "users in the real database": 0,
    }


def test_despite_overridden_settings_step_02_writes_to_the_real_database() -> None:
    assert experiments.overridden_settings_do_not_reach_the_engine_of_step_02() == {
        "users in the test database": 0,
        "users in the real database": 1,
    }


def test_a_bad_url_stops_no_server_and_fails_the_first_request() -> None:
    assert experiments.a_bad_url_waits_for_the_first_request() == {
        "/openapi.json": 200,
        "/health": 500,
        "its body": {"detail": "Internal Server Error"},
        "the server's log": "ConfigurationError: DATABASE_URL: this is not a URL of a database",
    }
