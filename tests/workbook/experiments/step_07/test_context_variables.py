"""A session in a context variable."""

from steps.workbook.experiments.step_07 import context_variables
from tests.often_said import often_said


@often_said(
    "A session in a context variable lets nested calls share one transaction.",
    "holds",
    "Nested calls join the outer transaction.",
    step=7,
)
def test_nested_calls_join_the_transaction_in_the_context_variable() -> None:
    assert context_variables.nested_calls_join_the_outer_transaction() == {
        "one session": True,
        "signed up": [],
    }


@often_said(
    "A context variable gives each task a session of its own.",
    "never held",
    "Tasks that start inside a block share the session of that block.",
    step=7,
)
def test_tasks_that_start_in_a_block_share_its_session() -> None:
    outcome = context_variables.tasks_that_start_in_a_block_share_its_session()
    assert outcome == {"tasks": 4, "sessions": 1}
