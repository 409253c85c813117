"""Arguments are the key, and what can run only once cannot be cached."""

import pytest

from steps.workbook.experiments.step_02 import cached_providers

pytestmark = pytest.mark.usefixtures("quick_hashing")


def test_each_new_argument_builds_another_object_and_128_are_kept() -> None:
    outcome = cached_providers.two_hundred_regions_build_two_hundred_clients()

    assert outcome == {"built": 200, "kept": 128}


def test_the_same_argument_by_position_and_by_keyword_builds_two_objects() -> None:
    assert cached_providers.a_keyword_is_another_key() == 2


def test_settings_are_a_key_when_frozen_and_refused_when_not() -> None:
    assert cached_providers.only_frozen_settings_can_be_an_argument() == {
        "equal ones share an engine": True,
        "different ones share an engine": False,
        "not frozen": "unhashable type: 'ThawedSettings'",
    }


def test_a_cached_async_provider_fails_from_the_second_request_on() -> None:
    assert cached_providers.an_async_provider_works_once() == [
        "200",
        "RuntimeError: cannot reuse already awaited coroutine",
    ]


def test_a_cached_provider_with_yield_fails_from_the_second_request_on() -> None:
    assert cached_providers.a_provider_with_yield_works_once() == [
        "200",
        "RuntimeError: generator didn't yield",
    ]
