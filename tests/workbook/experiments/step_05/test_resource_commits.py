"""What notebook 05 says of sign-ups in a session that the container owns."""

from steps.workbook.experiments.step_05 import resource_commits


def test_five_sign_ups_are_answered_and_no_other_connection_ever_sees_them() -> None:
    assert resource_commits.five_sign_ups_are_answered_and_not_committed() == {
        "statuses": [201] * 5,
        "rows that another connection sees": 0,
        "rows after the process has ended": 0,
    }


def test_one_duplicate_fails_all_later_requests_and_loses_what_came_before() -> None:
    assert resource_commits.one_duplicate_poisons_all_later_requests() == {
        "statuses": [201, 409, 500, 500],
        "logged": ["PendingRollbackError", "PendingRollbackError"],
        "shutdown": "PendingRollbackError",
        "rows": 0,
    }


def test_closing_commits_a_request_that_failed() -> None:
    outcome = resource_commits.closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}


def test_a_context_local_resource_never_commits() -> None:
    assert resource_commits.context_local_resource_never_commits() == {
        "statuses": [201],
        "rows after shutdown_resources()": 0,
    }


def test_a_context_local_resource_with_closing_commits_a_request_that_failed() -> None:
    outcome = resource_commits.context_local_closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}
