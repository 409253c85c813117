"""A failed flush that somebody catches."""

from steps.workbook.experiments.step_07 import caught_errors
from tests.often_said import often_said


@often_said(
    "`with sessionmaker.begin()` commits what was written before a caught error.",
    "never held",
    "After a failed ORM flush it keeps nothing, and does not say so.",
    step=7,
)
def test_after_a_failed_flush_a_commit_at_the_end_keeps_nothing_and_does_not_say_so() -> None:
    outcome = caught_errors.a_commit_at_the_end_keeps_nothing_and_does_not_say_so()
    assert outcome == {"error": "none", "signed up": []}


@often_said(
    "After a caught error a commit by name raises.",
    "depends",
    "After a failed flush of the ORM it does: `PendingRollbackError`.",
    step=7,
)
def test_after_a_failed_flush_a_commit_by_name_raises() -> None:
    outcome = caught_errors.a_commit_by_name_says_that_it_keeps_nothing()
    assert outcome == {"error": "PendingRollbackError", "signed up": []}


@often_said(
    "A savepoint lets one part fail.",
    "holds",
    "The rest of the transaction is kept, when each part has its savepoint.",
    step=7,
)
def test_a_savepoint_undoes_only_what_failed() -> None:
    assert caught_errors.a_savepoint_undoes_only_what_failed() == ["ada", "grace"]


@often_said(
    "A savepoint that was released is undone with its transaction.",
    "depends",
    "With Python's SQLite driver and a plain engine it is not, if nothing was written before "
    "the savepoint.",
    step=7,
)
def test_pythons_sqlite_driver_keeps_a_released_savepoint_after_a_rollback() -> None:
    kept = caught_errors.a_released_savepoint_survives_the_rollback_of_a_plain_engine()
    assert kept == ["ada"]


@often_said(
    "Savepoints do not work on SQLite.",
    "never held",
    "With the steps' engine a savepoint that was released is undone with its transaction.",
    step=7,
)
def test_our_engine_undoes_a_released_savepoint_with_its_transaction() -> None:
    assert caught_errors.a_released_savepoint_is_undone_with_ours() == []
