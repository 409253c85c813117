"""What notebook 07 says of context managers, transactions and savepoints."""

import pytest

from steps.step_07_context_manager.services import UserService
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_07 import unit_of_work
from steps.workbook.reading.sources import size_of


def test_step_06_leaves_a_user_whose_audit_event_failed_and_refuses_the_retry() -> None:
    assert unit_of_work.step_06_leaves_a_sign_up_half_done() == {
        "POST /users": 500,
        "GET /users/1": 200,
        "POST /users again": 409,
    }


def test_step_07_leaves_no_user_whose_audit_event_failed_and_accepts_the_retry() -> None:
    assert unit_of_work.step_07_leaves_nothing_of_it() == {
        "POST /users": 500,
        "GET /users/1": 404,
        "POST /users again": 201,
    }


def test_a_container_that_names_a_session_factory_it_lacks_fails_when_its_class_is_defined() -> (
    None
):
    error = unit_of_work.a_container_without_the_session_factory_it_names()
    assert error == "NameError: name 'session_factory' is not defined"


def test_a_row_that_leaves_its_with_is_detached() -> None:
    assert unit_of_work.a_row_that_leaves_its_with_is_detached() == "DetachedInstanceError"


def test_a_with_in_each_method_leaves_a_sign_up_half_done() -> None:
    assert unit_of_work.a_with_in_each_method() == ["ada"]


def test_a_with_around_the_use_case_leaves_nothing_of_it() -> None:
    assert unit_of_work.a_with_around_the_use_case() == []


def test_after_a_swallowed_error_a_commit_at_the_end_keeps_nothing_and_does_not_say_so() -> None:
    outcome = unit_of_work.a_commit_at_the_end_keeps_nothing_and_does_not_say_so()
    assert outcome == {"error": "none", "signed up": []}


def test_after_a_swallowed_error_a_commit_by_name_raises() -> None:
    outcome = unit_of_work.a_commit_by_name_says_that_it_keeps_nothing()
    assert outcome == {"error": "PendingRollbackError", "signed up": []}


def test_a_savepoint_undoes_only_what_failed() -> None:
    assert unit_of_work.a_savepoint_undoes_only_what_failed() == ["ada", "grace"]


def test_pythons_sqlite_driver_keeps_a_released_savepoint_after_a_rollback() -> None:
    kept = unit_of_work.a_released_savepoint_survives_the_rollback_of_a_plain_engine()
    assert kept == ["ada"]


def test_our_engine_undoes_a_released_savepoint_with_its_transaction() -> None:
    assert unit_of_work.a_released_savepoint_is_undone_with_ours() == []


def test_a_write_in_a_nested_block_locks_itself_out() -> None:
    assert unit_of_work.a_nested_write_locks_itself_out() == {
        "inner write": "DatabaseUnavailable",
        "signed up": ["ada"],
    }


def test_what_a_nested_block_commits_survives_the_error_of_the_outer_one() -> None:
    kept = unit_of_work.what_an_inner_transaction_commits_survives_the_outer_error()
    assert kept == ["grace"]


def test_four_nested_use_cases_with_four_connections_all_wait_for_a_fifth() -> None:
    outcome = unit_of_work.nested_blocks_need_two_connections_each()
    assert outcome == {"done": 0, "DatabaseUnavailable": 4}


def test_four_use_cases_that_hand_their_transaction_on_need_four_connections() -> None:
    outcome = unit_of_work.one_block_needs_one_connection()
    assert outcome == {"done": 4, "DatabaseUnavailable": 0}


def test_nested_calls_join_the_transaction_in_the_context_variable() -> None:
    assert unit_of_work.nested_calls_join_the_outer_transaction() == {
        "one session": True,
        "signed up": [],
    }


def test_a_context_variable_set_in_a_def_dependency_is_invisible_to_the_endpoint() -> None:
    assert unit_of_work.what_an_endpoint_finds_in_a_context_variable() == {
        "def": "nothing",
        "async-def": "a session",
    }


def test_tasks_in_one_scope_share_a_session_and_three_of_four_fail_though_all_rows_stay() -> None:
    outcome = unit_of_work.tasks_in_one_scope_share_the_session()
    assert outcome == {"tasks": 4, "failed": 3, "rows": 4}


def test_a_unit_of_work_that_keeps_a_session_loses_what_a_request_commits() -> None:
    assert unit_of_work.a_unit_of_work_that_keeps_a_session_loses_ada() == []


def test_a_unit_of_work_that_keeps_no_session_loses_nothing() -> None:
    assert unit_of_work.a_unit_of_work_that_keeps_none_does_not() == ["ada"]


def test_a_forgotten_commit_answers_201_and_keeps_nothing() -> None:
    assert unit_of_work.a_forgotten_commit_answers_201_and_keeps_nothing() == {
        "POST /users": 201,
        "GET /users/1": 404,
    }


def test_a_write_after_the_commit_of_its_block_is_lost() -> None:
    assert unit_of_work.a_write_after_the_commit_is_lost() == ["ada"]


def test_step_07_has_more_files_and_lines_than_step_01() -> None:
    first, sixth = (size_of(find_step(number)) for number in (1, 6))
    assert first["files"] < sixth["files"]
    assert first["lines"] < sixth["lines"]


@pytest.fixture(scope="module")
def table() -> dict[int, dict[str, bool]]:
    return unit_of_work.what_each_step_can_do()


@pytest.mark.parametrize(
    ("property_", "steps_without_it"),
    {
        "one engine for all requests": [1],
        "the engine is closed": [2],
        "the use cases import only the domain": [1, 2, 3],
        "no connection held while verifying a password": [1, 2, 3, 4],
        "a failed sign-up leaves no user": [5],
    }.items(),
)
def test_the_table_of_the_six_steps(
    table: dict[int, dict[str, bool]], property_: str, steps_without_it: list[int]
) -> None:
    assert [number for number, row in table.items() if not row[property_]] == steps_without_it


def test_an_in_memory_unit_of_work_sees_a_forgotten_commit() -> None:
    assert unit_of_work.users_kept_in_memory(UserService) == 1
    assert unit_of_work.users_kept_in_memory(unit_of_work.ForgetfulService) == 0
