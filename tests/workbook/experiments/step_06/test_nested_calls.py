"""A decorated method that calls another one."""

from steps.workbook.experiments.step_06 import nested_calls
from tests.often_said import often_said


def test_a_write_inside_a_write_locks_itself_out_on_sqlite() -> None:
    assert nested_calls.a_write_inside_a_write_locks_itself_out_on_sqlite() == {
        "error": "database is locked",
        "users kept": 0,
    }


@often_said(
    "An error in the outer method undoes what the inner one wrote.",
    "never held",
    "The inner call has committed in a session of its own (on SQLite, with an outer call that"
    " had not written).",
    step=6,
)
def test_what_an_inner_call_wrote_outlives_the_rollback_of_the_outer_one() -> None:
    kept = nested_calls.what_an_inner_call_wrote_outlives_the_outer_rollback()
    assert kept == {"users kept": 1}


@often_said(
    "A pool as large as the number of threads is enough.",
    "depends",
    "With nested calls each thread needs two: four threads that meet, with four connections, "
    "all give up.",
    step=6,
)
def test_four_nested_calls_empty_a_pool_of_four_and_get_nothing() -> None:
    outcomes = nested_calls.four_nested_calls_empty_a_pool_of_four()
    assert outcomes == ["DatabaseUnavailable"] * 4
