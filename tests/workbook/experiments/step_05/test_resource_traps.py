"""What the notebook of step 05 says of a session that the container owns as a resource."""

from steps.workbook.experiments.step_05 import resource_traps


def test_a_resource_is_one_session_for_ten_requests_at_once_and_step_05_gives_each_its_own() -> (
    None
):
    assert resource_traps.ten_requests_at_once() == {
        "Resource": 1,
        "Resource, Closing": 1,
        "ContextLocalResource": 10,
        "ContextLocalResource, Closing": 10,
        "step 05": 10,
    }


def test_a_cold_resource_is_opened_by_each_of_ten_threads_and_closed_once() -> None:
    assert resource_traps.cold_resource_is_opened_by_each_of_ten_threads() == {
        "opened": 10,
        "closed by shutdown()": 1,
    }


def test_five_sign_ups_are_answered_and_no_other_connection_ever_sees_them() -> None:
    assert resource_traps.five_sign_ups_are_answered_and_not_committed() == {
        "statuses": [201] * 5,
        "rows that another connection sees": 0,
        "rows after the process has ended": 0,
    }


def test_shutdown_resources_is_what_commits_them() -> None:
    assert resource_traps.shutdown_resources_commits_all_of_them() == {
        "statuses": [201] * 5,
        "rows before": 0,
        "rows after": 5,
    }


def test_one_duplicate_fails_all_later_requests_and_loses_what_came_before() -> None:
    assert resource_traps.one_duplicate_poisons_all_later_requests() == {
        "statuses": [201, 409, 500, 500],
        "logged": ["PendingRollbackError", "PendingRollbackError"],
        "shutdown": "PendingRollbackError",
        "rows": 0,
    }


def test_closing_commits_a_request_that_succeeded() -> None:
    outcome = resource_traps.closing_commits_a_request_that_succeeded()

    assert outcome == {"statuses": [201], "rows": 1}


def test_closing_commits_a_request_that_failed() -> None:
    outcome = resource_traps.closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}


def test_closing_lets_one_request_commit_what_another_has_not_finished() -> None:
    assert resource_traps.closing_commits_for_another_request() == {
        "Grace": [201],
        "rows then": 2,
        "Ada": [500],
        "rows": 2,
    }


def test_a_context_local_resource_never_commits() -> None:
    assert resource_traps.context_local_resource_never_commits() == {
        "statuses": [201],
        "rows after shutdown_resources()": 0,
    }


def test_only_the_garbage_collector_closes_a_context_local_resource() -> None:
    assert resource_traps.context_local_resource_is_left_to_the_garbage_collector() == [
        "session opened",
        "shutdown() called",
        "session closed",
    ]


def test_a_context_local_resource_with_closing_commits_a_request_that_failed() -> None:
    outcome = resource_traps.context_local_resource_with_closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}


def test_a_dependency_and_its_endpoint_are_two_contexts_and_get_two_sessions() -> None:
    assert resource_traps.context_local_resource_is_two_sessions_in_one_request() == 2
