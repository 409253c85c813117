"""A block inside a block."""

from steps.workbook.experiments.step_07 import nested_blocks
from tests.often_said import often_said


@often_said(
    "A block may stand inside a block.",
    "depends",
    "It is a second transaction; on SQLite its write waits for the outer one in vain.",
    step=7,
)
def test_a_write_in_a_nested_block_locks_itself_out_on_sqlite() -> None:
    assert nested_blocks.a_nested_write_locks_itself_out_on_sqlite() == {
        "inner write": "DatabaseUnavailable",
        "signed up": ["ada"],
    }


def test_four_nested_use_cases_with_four_connections_all_wait_for_a_fifth() -> None:
    outcome = nested_blocks.nested_blocks_need_two_connections_each()
    assert outcome == {"done": 0, "DatabaseUnavailable": 4}


@often_said(
    "A use case that calls another one needs two connections.",
    "depends",
    "If it hands its transaction on, four threads do with four connections.",
    step=7,
)
def test_four_use_cases_that_hand_their_transaction_on_need_four_connections() -> None:
    outcome = nested_blocks.one_block_needs_one_connection()
    assert outcome == {"done": 4, "DatabaseUnavailable": 0}
