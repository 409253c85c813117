"""A unit of work that keeps a session, and one that keeps none."""

from steps.workbook.experiments.step_07 import kept_session


def test_a_unit_of_work_that_keeps_a_session_loses_what_a_request_commits() -> None:
    assert kept_session.a_unit_of_work_that_keeps_a_session_loses_ada() == []


def test_a_unit_of_work_that_keeps_no_session_loses_nothing() -> None:
    assert kept_session.a_unit_of_work_that_keeps_none_does_not() == ["ada"]
