"""What an override replaces."""

from steps.workbook.experiments.step_01 import overrides


def test_overriding_a_leaf_leaves_everything_above_it_real() -> None:
    assert overrides.override_of_one_leaves_the_rest() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_settings overridden": ["get_fake", "get_engine", "get_session"],
    }


def test_overriding_the_root_calls_nothing_below_it() -> None:
    assert overrides.override_of_root_skips_its_subtree() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_session overridden": ["get_fake"],
    }


def test_an_override_under_a_wrong_key_changes_nothing_and_says_nothing() -> None:
    calls = overrides.override_with_wrong_key_is_ignored()

    assert calls.pop("key: the function") == ["get_fake", "get_engine", "get_session"]
    assert list(calls) == [
        "key: its name",
        "key: a partial of it",
        "key: a function that nobody asks for",
    ]
    assert all(called == ["get_settings", "get_engine", "get_session"] for called in calls.values())
