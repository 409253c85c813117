"""The steps of the path side by side."""

import pytest

from steps.step_07_context_manager import NUMBER
from steps.workbook.catalogue import STEPS
from steps.workbook.experiments.step_07.steps_of_the_path import what_a_step_can_do
from tests.often_said import often_said


@pytest.fixture(scope="module")
def table() -> dict[int, dict[str, bool]]:
    path = [step for step in STEPS if step.part == "path"]
    return {step.number: what_a_step_can_do(step) for step in path}


def test_the_path_ends_with_step_07(table: dict[int, dict[str, bool]]) -> None:
    assert list(table) == list(range(1, NUMBER + 1))


@often_said(
    "A request holds a connection from its start to its end.",
    "depends",
    "In steps 01 to 05 it holds one while a password is verified; in steps 06 and 07 it does not.",
    step=7,
)
@pytest.mark.parametrize(
    ("property_", "steps_without_it"),
    {
        "one engine for all requests": [1],
        "the engine is closed": [2],
        "the use cases import only the domain": [1, 2, 3],
        "no connection held while verifying a password": [1, 2, 3, 4, 5],
        "a failed sign-up leaves no user": [6],
    }.items(),
)
def test_what_which_steps_cannot_do(
    table: dict[int, dict[str, bool]], property_: str, steps_without_it: list[int]
) -> None:
    assert [number for number, row in table.items() if not row[property_]] == steps_without_it
