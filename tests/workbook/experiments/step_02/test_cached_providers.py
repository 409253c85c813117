"""Arguments are the key, and what can run only once cannot be cached."""

import pytest

from steps.workbook.experiments.step_02 import cached_providers
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("quick_hashing")


@often_said(
    "A cached provider may take parameters.",
    "depends",
    "Each new value is a new key: two hundred regions build two hundred clients, and 128 are kept.",
    step=2,
)
def test_each_new_argument_builds_another_object_and_128_are_kept() -> None:
    outcome = cached_providers.two_hundred_regions_build_two_hundred_clients()

    assert outcome == {"built": 200, "kept": 128}


@often_said(
    "The same argument gives the same object.",
    "depends",
    "By position and by keyword are two keys, and two objects.",
    step=2,
)
def test_the_same_argument_by_position_and_by_keyword_builds_two_objects() -> None:
    assert cached_providers.a_keyword_is_another_key() == 2


@often_said(
    "A settings object can be the argument of a cached provider.",
    "depends",
    "A frozen pydantic model can; another one cannot be hashed.",
    step=2,
)
def test_settings_are_a_key_when_frozen_and_refused_when_not() -> None:
    assert cached_providers.only_frozen_settings_can_be_an_argument() == {
        "equal ones share an engine": True,
        "different ones share an engine": False,
        "not frozen": "unhashable type: 'ThawedSettings'",
    }


@often_said(
    "`@lru_cache` works on `async def`.",
    "never held",
    "The second request fails with a `RuntimeError`, since the coroutine is used up; until "
    "0.123.4 the endpoint was handed the coroutine itself.",
    step=2,
)
def test_a_cached_async_provider_fails_from_the_second_request_on() -> None:
    assert cached_providers.an_async_provider_works_once() == [
        "200",
        "RuntimeError: cannot reuse already awaited coroutine",
    ]


@often_said(
    "`@lru_cache` works on a provider with `yield`.",
    "never held",
    "The second request fails with a `RuntimeError`, since the generator is used up; until "
    "0.123.4 the endpoint was handed the generator itself.",
    step=2,
)
def test_a_cached_provider_with_yield_fails_from_the_second_request_on() -> None:
    assert cached_providers.a_provider_with_yield_works_once() == [
        "200",
        "RuntimeError: generator didn't yield",
    ]
