"""What notebook 05 says of a container's providers, and of what an override reaches."""

import pytest

from steps.workbook.experiments.step_05 import container
from steps.workbook.experiments.step_05.container import FactoryByHand, SingletonByHand


def test_a_factory_makes_an_object_with_each_call_and_the_other_providers_keep_one() -> None:
    assert container.objects_that_two_calls_give() == {
        "Factory": 2,
        "Singleton": 1,
        "ThreadSafeSingleton": 1,
        "Dependency": 1,
    }


def test_a_singleton_is_one_per_container_not_one_per_process() -> None:
    assert container.engines_of_two_containers() == 2


def test_sixteen_threads_make_a_cold_singleton_build_sixteen_engines() -> None:
    assert container.cold_singleton() == 16


def test_a_thread_safe_singleton_lets_one_of_sixteen_threads_build() -> None:
    assert container.cold_thread_safe_singleton() == 1


def test_a_factory_of_sessionmakers_makes_a_new_class_of_sessions_each_time() -> None:
    assert container.session_classes_of_two_calls() == {
        "Factory(sessionmaker)": 2,
        "ThreadSafeSingleton(sessionmaker)": 1,
    }


def test_a_container_by_hand_makes_what_is_needed_and_keeps_singletons() -> None:
    engine = SingletonByHand(object)
    repository = FactoryByHand(dict, engine=engine)

    assert repository() is not repository()
    assert repository()["engine"] is repository()["engine"]
    assert repository(session="given with the call")["session"] == "given with the call"


def test_a_script_signs_a_user_up_with_what_the_container_makes() -> None:
    assert container.sign_up_from_a_script() == "ada@example.com is signed up"


def test_a_script_imports_the_use_cases_of_step_05_where_fastapi_is_missing() -> None:
    assert container.use_cases_where_fastapi_is_missing() == {
        "step 03": "ModuleNotFoundError: import of fastapi halted; None in sys.modules",
        "step 05": "imported",
    }


def test_an_override_reaches_what_stands_above_it_and_ends_with_its_with_block() -> None:
    assert container.override_at_depth() == {
        "before": "$argon2id",
        "during": "reversed esroh tcerroc",
        "after": "$argon2id",
    }


def test_an_override_reaches_no_singleton_that_was_built_before() -> None:
    assert container.override_does_not_reach_a_built_singleton() == {
        "engine that was built before": "accounts.db",
        "after reset_singletons()": "other.db",
    }


def test_check_dependencies_finds_what_is_missing_and_the_first_use_what_has_a_wrong_type() -> None:
    outcomes = container.check_dependencies()

    assert outcomes["no settings, check_dependencies()"].endswith(
        'has undefined dependencies: "Container.settings"'
    )
    assert outcomes["a dict, check_dependencies()"] == "no error"
    assert (
        "is not an instance of <class 'steps.domain.settings.Settings'>"
        in (outcomes["a dict, engine()"])
    )


def test_the_container_cannot_make_the_session() -> None:
    error = container.session_is_missing()
    assert error.startswith("TypeError: UserRepository.__init__() missing 1 required positional")


def test_a_configuration_without_its_variable_is_silent_until_its_value_is_used() -> None:
    outcomes = container.configuration_without_its_variable()

    assert outcomes["from_env(...)"] == "no error"
    assert outcomes["its value"] == "None"
    assert outcomes["the engine's first call"].startswith("ArgumentError")


@pytest.mark.parametrize("way", ["from_env(..., required=True)", "strict=True"])
def test_a_configuration_that_requires_its_variable_says_at_once_that_it_is_missing(
    way: str,
) -> None:
    outcomes = container.configuration_without_its_variable()

    assert outcomes[way] == 'ValueError: Environment variable "DATABASE_URL" is undefined'


def test_the_word_false_is_true_for_bool_and_false_for_the_settings() -> None:
    assert container.db_echo_is_false() == {
        "config.db_echo.as_(bool)": True,
        "load_settings().db_echo": False,
    }


def test_nonsense_is_true_for_bool_and_refused_by_the_settings() -> None:
    outcomes = container.db_echo_is_nonsense()

    assert outcomes["config.db_echo.as_(bool)"] is True
    assert str(outcomes["load_settings().db_echo"]).startswith("ConfigurationError: DB_ECHO: ")


def test_step_05_makes_no_thread_hop_for_the_service_and_its_parts() -> None:
    assert container.thread_hops_of_a_request() == {
        "step 03": {"GET /health": 4, "POST /users": 8},
        "step 05": {"GET /health": 4, "POST /users": 4},
    }


def test_a_marker_in_depends_costs_a_thread_hop_and_an_async_accessor_none() -> None:
    assert container.thread_hops_of_depends_provide() == {
        "Depends(Provide[...])": 1,
        "async accessor": 0,
    }
