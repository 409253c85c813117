"""What notebook 05 says of sign-ups in a session that the container owns."""

from steps.workbook.experiments.step_05 import resource_commits
from tests.often_said import often_said


@often_said(
    "A session from a `Resource` is committed after each request.",
    "never held",
    "Five sign-ups are answered 201, and no other connection ever sees a row.",
    step=5,
)
def test_five_sign_ups_are_answered_and_no_other_connection_ever_sees_them() -> None:
    assert resource_commits.five_sign_ups_are_answered_and_not_committed() == {
        "statuses": [201] * 5,
        "rows that another connection sees": 0,
        "rows after the process has ended": 0,
    }


@often_said(
    "An error of one request stays in that request.",
    "depends",
    "If all share the session of a `Resource`, one taken email fails all later requests, and "
    "what came before is lost.",
    step=5,
)
def test_one_duplicate_fails_all_later_requests_and_loses_what_came_before() -> None:
    assert resource_commits.one_duplicate_poisons_all_later_requests() == {
        "statuses": [201, 409, 500, 500],
        "logged": ["PendingRollbackError", "PendingRollbackError"],
        "shutdown": "PendingRollbackError",
        "rows": 0,
    }


@often_said(
    "`Closing` mends the shared session.",
    "never held",
    "The code after the `yield` hears of no error, so that a request that failed is committed.",
    step=5,
)
def test_closing_commits_a_request_that_failed() -> None:
    outcome = resource_commits.closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}


@often_said(
    "`ContextLocalResource` commits at the end of a request.",
    "never held",
    "The row of a sign-up that was answered 201 is never committed, not even by "
    "`shutdown_resources()`.",
    step=5,
)
def test_a_context_local_resource_never_commits() -> None:
    assert resource_commits.context_local_resource_never_commits() == {
        "statuses": [201],
        "rows after shutdown_resources()": 0,
    }


@often_said(
    "`ContextLocalResource` with `Closing` is a session per request.",
    "never held",
    "It commits a request that failed.",
    step=5,
)
def test_a_context_local_resource_with_closing_commits_a_request_that_failed() -> None:
    outcome = resource_commits.context_local_closing_commits_a_request_that_failed()

    assert outcome == {"statuses": [500], "rows": 1}
