"""What notebook 06 says of decorators that give a method its session."""

import pytest

from steps.workbook.experiments.step_06 import session_decorator

EXPECTS_A_SESSION = "missing 1 required positional argument: 'session'"


@pytest.fixture(scope="module")
def what_a_caller_reads() -> dict[str, str]:
    return {
        **session_decorator.what_a_caller_reads(),
        **session_decorator.what_a_caller_reads_in_other_ways(),
    }


@pytest.fixture(scope="module")
def what_a_decorated_route_asks_for() -> dict[str, str]:
    return session_decorator.what_a_decorated_route_asks_for()


# What step 05 asks of those who call it


def test_in_step_05_a_script_makes_the_session_hands_it_over_and_commits() -> None:
    assert session_decorator.script_in_step_05() == "ada@example.com is signed up"


def test_in_step_06_a_script_calls_the_use_case() -> None:
    assert session_decorator.script_in_step_06() == "ada@example.com is signed up"


def test_in_step_05_the_container_makes_no_service_without_a_session() -> None:
    error = session_decorator.script_in_step_05_without_a_session()
    assert error == f"TypeError: UserRepository.__init__() {EXPECTS_A_SESSION}"


def test_in_step_05_a_script_that_forgets_the_commit_loses_its_rows_without_an_error() -> None:
    rows = session_decorator.script_in_step_05_without_a_commit()
    assert rows == {"users": 0, "audit events": 0}


def test_five_functions_of_step_05_have_a_session_in_their_signature_and_none_of_step_06() -> None:
    assert session_decorator.signatures_with_a_session() == {
        "step 05": [
            "accessors.session",
            "accessors.user_service",
            "dependencies.get_session",
            "dependencies.get_user_service",
            "routes.health",
        ],
        "step 06": [],
    }


def test_without_a_session_dependency_a_sign_up_needs_two_thread_hops_fewer() -> None:
    assert session_decorator.thread_hops_of_a_sign_up() == {"step 05": 4, "step 06": 2}


# Where the session factory comes from


def test_an_override_in_the_container_does_not_reach_the_session_factory_of_a_module() -> None:
    assert session_decorator.where_the_row_is_after_an_override() == {
        "SessionLocal": "production",
        "step 06": "test",
    }


# The decorator that a container injects


def test_a_wrapper_that_takes_self_swaps_the_arguments_of_a_bound_method() -> None:
    assert session_decorator.a_bound_method_has_its_self_already() == {
        "make_session_decorator": "AttributeError: 'Session' object has no attribute 'email'",
        "make_session_decorator_for_bound_methods": "users kept: 1",
    }


def test_an_abstract_method_must_be_a_method_of_the_class_and_not_of_the_object() -> None:
    assert session_decorator.an_abstract_class_wants_methods_of_the_class() == {
        "AssignedUsers": "TypeError: Can't instantiate abstract class AssignedUsers",
        "DecoratedUsers": "users counted: 0",
    }


# What leaves the method


@pytest.mark.parametrize("way", ["just_return", "flush_and_refresh", "what a query found"])
def test_a_row_that_leaves_its_session_cannot_be_read(
    way: str, what_a_caller_reads: dict[str, str]
) -> None:
    assert what_a_caller_reads[way] == "DetachedInstanceError"


@pytest.mark.parametrize(
    "way", ["flush_and_expunge", "just_return, expire_on_commit=False", "flush_and_map"]
)
def test_a_row_that_no_commit_expires_or_a_dataclass_can_be_read(
    way: str, what_a_caller_reads: dict[str, str]
) -> None:
    assert what_a_caller_reads[way] == "id 1, ada@example.com"


def test_before_the_flush_a_row_has_no_id(what_a_caller_reads: dict[str, str]) -> None:
    assert what_a_caller_reads["map_without_flush"] == "id None, ada@example.com"


# What runs after its call


@pytest.mark.parametrize("method", ["add_later", "stream_ids"])
def test_a_naive_decorator_ends_before_the_body_begins(method: str) -> None:
    assert session_decorator.a_naive_decorator_ends_before_the_body_begins()[method] == {
        "transaction open when the body runs": False,
        "connections in use afterwards": 1,
        "users kept": 0,
    }


def test_step_06_refuses_what_runs_after_its_call() -> None:
    assert session_decorator.step_06_refuses_what_runs_after_its_call() == [
        f"TypeError: {method}: its session would close before its body runs"
        for method in ("add_later", "stream_ids", "stream_later")
    ]


# A session decorator on a route


@pytest.mark.parametrize("endpoint", ["count_users", "count_users_typed"])
def test_without_wraps_a_route_asks_for_args_and_kwargs(
    endpoint: str, what_a_decorated_route_asks_for: dict[str, str]
) -> None:
    answer = what_a_decorated_route_asks_for[f"without_wraps, {endpoint}"]
    assert answer == "422 asks for ['args', 'kwargs']"


def test_with_wraps_a_route_asks_for_the_session(
    what_a_decorated_route_asks_for: dict[str, str],
) -> None:
    assert what_a_decorated_route_asks_for["with_wraps, count_users"] == "422 asks for ['session']"


def test_with_wraps_a_session_with_its_type_cannot_even_be_registered(
    what_a_decorated_route_asks_for: dict[str, str],
) -> None:
    answer = what_a_decorated_route_asks_for["with_wraps, count_users_typed"]
    assert answer == "FastAPIError: Invalid args for response field"


@pytest.mark.parametrize("endpoint", ["count_users", "count_users_typed"])
def test_with_a_signature_without_the_session_a_route_works(
    endpoint: str, what_a_decorated_route_asks_for: dict[str, str]
) -> None:
    answer = what_a_decorated_route_asks_for[f"with_own_signature, {endpoint}"]
    assert answer == "200 users on page 1: 0"


# Threads, and calls inside calls


def test_one_session_for_sixteen_threads_fails_fifteen_commits_and_keeps_their_rows() -> None:
    assert session_decorator.sixteen_threads() == {
        "one session for all": {"commits that succeed": 1, "users kept": 16},
        "a session per call": {"commits that succeed": 16, "users kept": 16},
    }


def test_a_write_inside_a_write_locks_itself_out_on_sqlite() -> None:
    assert session_decorator.a_write_inside_a_write_locks_itself_out() == {
        "error": "database is locked",
        "users": 0,
        "audit events": 0,
    }


def test_what_an_inner_call_wrote_outlives_the_rollback_of_the_outer_one() -> None:
    rows = session_decorator.what_an_inner_call_wrote_outlives_the_outer_rollback()
    assert rows == {"users": 1, "audit events": 0}


def test_four_nested_calls_empty_a_pool_of_four_and_get_nothing() -> None:
    outcomes = session_decorator.four_nested_calls_empty_a_pool_of_four()
    assert outcomes == ["DatabaseUnavailable"] * 4


# One use case, two transactions


def test_a_sign_up_whose_audit_event_fails_leaves_the_user_and_cannot_be_tried_again() -> None:
    assert session_decorator.sign_up_while_audit_events_fail() == {
        "sign-up": "OSError: disk full",
        "users": 1,
        "audit events": 0,
        "retry": "EmailTaken: This email is already registered.",
    }
