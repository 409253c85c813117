"""What the notebook of step 05 says of wiring, overriding and configuring."""

from steps.workbook.experiments.step_05 import container_traps
from steps.workbook.experiments.step_05.container_traps import NO_WARNING

HASHED = "hash by the container"
MARKER = "AttributeError: 'Provide' object has no attribute 'hash'"
UNRESOLVED = "Unresolved marker hasher in typo_in_a_string.<locals>.hash_password"
NOT_REQUIRED = "@inject is not required here"


def test_a_function_gets_its_marker_unless_its_module_is_wired() -> None:
    assert container_traps.marker_of_one_function() == {
        "before": "Provide['settings']",
        "wired": "an object of Settings",
        "unwired": "Provide['settings']",
    }


def test_inject_below_the_route_decorator_of_a_wired_module_swaps_the_marker() -> None:
    assert container_traps.inject_below_the_route_decorator()["request"] == HASHED


def test_without_inject_the_endpoint_gets_the_marker_and_nothing_warns() -> None:
    assert container_traps.no_inject() == {
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": NO_WARNING,
        "request": MARKER,
    }


def test_inject_above_the_route_decorator_comes_too_late_and_nothing_warns() -> None:
    assert container_traps.inject_above_the_route_decorator() == container_traps.no_inject()


def test_in_a_module_that_nobody_wired_the_endpoint_gets_the_marker_and_nothing_warns() -> None:
    assert container_traps.module_that_nobody_wired() == container_traps.no_inject()


def test_a_typo_in_a_string_shows_only_when_wiring_is_told_to_warn() -> None:
    assert container_traps.typo_in_a_string() == {
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": UNRESOLVED,
        "request": MARKER,
    }


def test_annotations_as_strings_hide_the_marker_from_inject_which_warns_in_other_words() -> None:
    assert container_traps.annotations_as_strings() == {
        "@inject": NOT_REQUIRED,
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": NO_WARNING,
        "request": MARKER,
    }


def test_annotations_as_strings_do_no_harm_to_a_marker_that_is_a_default_value() -> None:
    outcome = container_traps.annotations_as_strings_with_a_default_value()

    assert outcome["@inject"] == NO_WARNING
    assert outcome["request"] == HASHED


def test_of_five_mistakes_three_pass_without_any_warning() -> None:
    assert container_traps.what_each_mistake_warns_of() == {
        "no @inject": NO_WARNING,
        "@inject above the route decorator": NO_WARNING,
        "module that nobody wired": NO_WARNING,
        "typo in a string": UNRESOLVED,
        "annotations as strings": NOT_REQUIRED,
    }


def test_the_container_that_is_wired_last_serves_the_app_of_the_first_too() -> None:
    assert container_traps.last_container_to_wire_wins() == {
        "app 1": "hash by container 1",
        "app 2": "hash by container 2",
        "app 1 after app 2 was made": "hash by container 2",
    }


def test_unwiring_the_container_of_one_app_breaks_the_other_app() -> None:
    assert container_traps.unwire_of_one_app_breaks_the_other() == {
        "app 2": "hash by container 2",
        "app 2 after container 1 is unwired": MARKER,
    }


def test_two_apps_of_step_05_neither_mix_their_containers_nor_break_each_other() -> None:
    assert container_traps.step_05_keeps_two_apps_apart() == {
        "app 1": 200,
        "app 2": 404,
        "app 1 after app 2 has ended": 200,
    }


def test_an_override_that_nobody_ends_lasts_into_the_next_test() -> None:
    assert container_traps.override_that_nobody_ends() == {
        "before": "hash by production",
        "in the test": "hash by a test",
        "in the next test": "hash by a test",
    }


def test_an_override_in_a_with_block_ends_with_it() -> None:
    assert container_traps.override_in_a_with_block() == {
        "before": "hash by production",
        "in the test": "hash by a test",
        "in the next test": "hash by production",
    }


def test_a_container_put_on_the_app_is_not_asked_and_wiring_it_lasts_into_the_next_test() -> None:
    assert container_traps.conftest_that_sets_app_container() == {
        "app.container = container": "hash by production",
        "container.wire(...)": "hash by a test",
        "next test, the app of main.py": "hash by a test",
        "next test, a new app": "hash by production",
    }


def test_a_singleton_that_was_built_under_an_override_outlives_it() -> None:
    assert container_traps.singleton_built_under_an_override_outlives_it() == {
        "in the test": "test.db",
        "after the test": "test.db",
        "after reset_singletons()": "production.db",
    }


def test_a_marker_waits_for_one_of_forty_busy_threads_and_an_async_accessor_does_not() -> None:
    assert container_traps.marker_waits_behind_forty_blocking_requests() == {
        "/accessor": 200,
        "/marker waits": True,
        "/marker, once they are released": 200,
    }


def test_a_singleton_of_the_settings_has_no_options_to_read_from_the_environment() -> None:
    assert container_traps.config_as_a_singleton() == (
        "AttributeError: 'dependency_injector.providers.Singleton' object"
        " has no attribute 'database_url'"
    )


def test_a_configuration_reads_an_option_from_the_environment() -> None:
    assert container_traps.config_as_a_configuration() == {
        "config.database_url": "sqlite:///accounts.db"
    }


def test_a_misspelled_option_is_none_unless_the_configuration_is_strict() -> None:
    assert container_traps.misspelled_option_is_none() == {
        "Configuration()": None,
        "Configuration(strict=True)": 'Error: Undefined configuration option "config.databse_url"',
    }
