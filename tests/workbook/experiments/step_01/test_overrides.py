"""What an override replaces."""

from steps.workbook.experiments.step_01 import overrides
from tests.often_said import often_said


@often_said(
    "A test has to mock every parameter.",
    "never held",
    "An override of one dependency leaves the rest real.",
    step=1,
)
def test_overriding_a_leaf_leaves_everything_above_it_real() -> None:
    assert overrides.override_of_one_leaves_the_rest() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_settings overridden": ["get_fake", "get_engine", "get_session"],
    }


@often_said(
    "If you override the session, the engine is still opened.",
    "never held",
    "What only the overridden provider needs is not called.",
    step=1,
)
def test_overriding_the_root_calls_nothing_below_it() -> None:
    assert overrides.override_of_root_skips_its_subtree() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_session overridden": ["get_fake"],
    }


@often_said(
    "A wrong override fails.",
    "never held",
    "A key that nobody asks for changes nothing, and nothing says so.",
    step=1,
)
def test_an_override_under_a_wrong_key_changes_nothing_and_says_nothing() -> None:
    calls = overrides.override_with_wrong_key_is_ignored()

    assert calls.pop("key: the function") == ["get_fake", "get_engine", "get_session"]
    assert list(calls) == [
        "key: its name",
        "key: a partial of it",
        "key: a function that nobody asks for",
    ]
    assert all(called == ["get_settings", "get_engine", "get_session"] for called in calls.values())
