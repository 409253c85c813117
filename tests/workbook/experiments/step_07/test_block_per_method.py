"""A context manager in each method, and one around the use case."""

from steps.workbook.experiments.step_07 import block_per_method
from tests.often_said import often_said


@often_said(
    "A context manager is a transaction for the use case.",
    "depends",
    "If each repository method has its own, a sign-up of two methods can be left half done.",
    step=7,
)
def test_a_with_in_each_method_leaves_a_sign_up_half_done() -> None:
    assert block_per_method.a_with_in_each_method() == ["ada"]
