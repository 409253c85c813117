"""A session in a context variable."""

from steps.workbook.experiments.step_07 import context_variables


def test_nested_calls_join_the_transaction_in_the_context_variable() -> None:
    assert context_variables.nested_calls_join_the_outer_transaction() == {
        "one session": True,
        "signed up": [],
    }


def test_tasks_that_start_in_a_block_share_its_session() -> None:
    outcome = context_variables.tasks_that_start_in_a_block_share_its_session()
    assert outcome == {"tasks": 4, "sessions": 1}
