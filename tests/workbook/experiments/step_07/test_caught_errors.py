"""A failed flush that somebody catches."""

from steps.workbook.experiments.step_07 import caught_errors


def test_after_a_failed_flush_a_commit_at_the_end_keeps_nothing_and_does_not_say_so() -> None:
    outcome = caught_errors.a_commit_at_the_end_keeps_nothing_and_does_not_say_so()
    assert outcome == {"error": "none", "signed up": []}


def test_after_a_failed_flush_a_commit_by_name_raises() -> None:
    outcome = caught_errors.a_commit_by_name_says_that_it_keeps_nothing()
    assert outcome == {"error": "PendingRollbackError", "signed up": []}


def test_a_savepoint_undoes_only_what_failed() -> None:
    assert caught_errors.a_savepoint_undoes_only_what_failed() == ["ada", "grace"]


def test_pythons_sqlite_driver_keeps_a_released_savepoint_after_a_rollback() -> None:
    kept = caught_errors.a_released_savepoint_survives_the_rollback_of_a_plain_engine()
    assert kept == ["ada"]


def test_our_engine_undoes_a_released_savepoint_with_its_transaction() -> None:
    assert caught_errors.a_released_savepoint_is_undone_with_ours() == []
