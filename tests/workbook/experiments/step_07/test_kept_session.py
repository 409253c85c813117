"""A unit of work that keeps a session, and one that keeps none."""

from steps.workbook.experiments.step_07 import kept_session
from tests.often_said import often_said


@often_said(
    "One unit of work can serve all requests.",
    "depends",
    "If it keeps its session in `self`, and two requests meet, what one of them commits can "
    "be lost when the other one gives up.",
    step=7,
)
def test_a_unit_of_work_that_keeps_a_session_loses_what_a_request_commits() -> None:
    assert kept_session.a_unit_of_work_that_keeps_a_session_loses_ada() == []
