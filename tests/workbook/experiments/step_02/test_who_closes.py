"""A cached object outlives the server, and the tests."""

import pytest

from steps.workbook.experiments.step_02 import who_closes
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("quick_hashing")


@often_said(
    "The server closes a cached engine when it stops.",
    "never held",
    "Nothing closes it: it still holds a connection when the server is gone.",
    step=2,
)
def test_the_engine_is_still_open_when_the_server_is_gone() -> None:
    outcome = who_closes.nothing_closes_the_engine()

    assert outcome["opened"] == 1
    assert outcome["closed when the server is gone"] == 0
    assert outcome["connections it still holds"] == 1


@often_said(
    "Each test starts with fresh objects.",
    "depends",
    "With cached objects, a test finds the rows of the test before, until `cache_clear()`.",
    step=2,
)
def test_a_test_sees_the_rows_of_the_test_before_until_the_cache_is_cleared() -> None:
    assert list(who_closes.a_test_meets_the_user_of_the_test_before().values()) == [201, 200, 404]


@often_said(
    "A cached configuration is read-only.",
    "never held",
    "All requests share a dictionary that is cached: what one of them changes is changed for "
    "the next.",
    step=2,
)
def test_a_dictionary_that_all_share_can_be_changed_by_any_request() -> None:
    outcome = who_closes.one_request_changes_the_config_of_the_next()

    assert outcome == ["hello", "changed by a request"]


@often_said(
    '`Depends(f, scope="singleton")` makes a singleton.',
    "never held",
    "It is accepted, and the provider is called for each request.",
    step=2,
)
def test_fastapi_accepts_a_singleton_scope_and_ignores_it() -> None:
    assert who_closes.scope_singleton_means_nothing_to_fastapi() == [1, 2]


@often_said(
    "An override of the settings reaches everything that is made of them.",
    "depends",
    "It does not reach a cached provider that calls another one by its name: step 02 writes "
    "to the real database all the same.",
    step=2,
)
def test_despite_overridden_settings_step_02_writes_to_the_real_database() -> None:
    assert who_closes.overridden_settings_do_not_reach_the_engine_of_step_02() == {
        "users in the test database": 0,
        "users in the real database": 1,
    }


@often_said(
    "A wrong setting stops the start.",
    "depends",
    "If the object is built by the first request, as in step 02, the server starts, and that "
    "request gets a 500.",
    step=2,
)
def test_a_bad_url_stops_no_server_and_fails_the_first_request() -> None:
    assert who_closes.a_bad_url_waits_for_the_first_request() == {
        "/openapi.json": 200,
        "/health": 500,
        "its body": {"detail": "Internal Server Error"},
        "the server's log": "ConfigurationError: DATABASE_URL: this is not a URL of a database",
    }
