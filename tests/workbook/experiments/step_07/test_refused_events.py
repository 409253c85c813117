"""A sign-up while the database refuses audit events."""

from steps.workbook.experiments.step_07.refused_events import sign_up_while_events_are_refused


def test_step_06_leaves_a_user_whose_audit_event_failed_and_refuses_the_retry() -> None:
    assert sign_up_while_events_are_refused(6) == {
        "POST /users": 500,
        "GET /users/1": 200,
        "POST /users again": 409,
    }


def test_step_07_leaves_no_user_whose_audit_event_failed_and_accepts_the_retry() -> None:
    assert sign_up_while_events_are_refused(7) == {
        "POST /users": 500,
        "GET /users/1": 404,
        "POST /users again": 201,
    }
