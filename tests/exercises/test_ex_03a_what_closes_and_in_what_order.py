"""Exercise 03a: an exit stack closes in reverse, whatever ends its block."""

from contextlib import suppress
from typing import Any

from steps.exercises import ex_03a_what_closes_and_in_what_order as exercise
from tests.exercises.checks import expect


def closed_by(*names: str, error: Exception | None = None) -> list[str]:
    exercise.closed.clear()
    with suppress(OSError, RuntimeError), exercise.open_core(*names):
        if error:
            raise error
    closed = list(exercise.closed)
    exercise.closed.clear()
    return closed


def as_list(prediction: Any) -> Any:
    return list(prediction) if isinstance(prediction, tuple) else prediction


def test_the_end_of_the_block_closes_all_three() -> None:
    expect(
        "CLOSED_AT_THE_END",
        seen=as_list(exercise.CLOSED_AT_THE_END),
        expected=closed_by("engine", "cache", "mailer"),
        why="Leaving the block takes the pile down from the top: last opened, first closed.",
    )


def test_a_failed_start_closes_what_was_open() -> None:
    expect(
        "CLOSED_AFTER_A_FAILED_START",
        seen=as_list(exercise.CLOSED_AFTER_A_FAILED_START),
        expected=closed_by("engine", "cache", "broken", "mailer"),
        why="The stack closes what is on it, also when an error ends its block. What broke, "
        "and what comes after it, was never pushed.",
    )


def test_an_error_in_the_block_closes_all() -> None:
    expect(
        "CLOSED_AFTER_AN_ERROR",
        seen=as_list(exercise.CLOSED_AFTER_AN_ERROR),
        expected=closed_by("engine", "cache", error=RuntimeError()),
        why="The error comes out of the yield, leaves the stack's block and closes what is "
        "on it: an error too is a way to leave.",
    )
