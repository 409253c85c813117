"""Exercise 09a: a stack that is moved keeps things open, and closes each of them once."""

from contextlib import suppress
from typing import Any

from steps.exercises import ex_09a_who_closes_what_is_open as exercise
from tests.exercises.checks import expect


def closed_by(*names: str, times: int) -> list[str]:
    exercise.closed.clear()
    with suppress(OSError):
        parts = exercise.open_parts(*names)
        for _ in range(times):
            parts.close()
    closed = list(exercise.closed)
    exercise.closed.clear()
    return closed


def as_list(prediction: Any) -> Any:
    return list(prediction) if isinstance(prediction, tuple) else prediction


def test_opening_closes_nothing() -> None:
    expect(
        "CLOSED_BY_OPENING",
        seen=as_list(exercise.CLOSED_BY_OPENING),
        expected=closed_by("engine", "mailer", times=0),
        why="pop_all has moved the list to another stack. The end of the block finds an empty one.",
    )


def test_closing_twice_closes_each_part_once() -> None:
    expect(
        "CLOSED_BY_CLOSING_TWICE",
        seen=as_list(exercise.CLOSED_BY_CLOSING_TWICE),
        expected=closed_by("engine", "mailer", times=2),
        why="Whatever close calls, the last first, it takes it off the list before. The second "
        "close finds nothing.",
    )


def test_a_failed_start_closes_what_was_open() -> None:
    expect(
        "CLOSED_AFTER_A_FAILED_START",
        seen=as_list(exercise.CLOSED_AFTER_A_FAILED_START),
        expected=closed_by("engine", "mailer", "broken", times=1),
        why="The error comes before pop_all, so the list is still in the old stack, and the end "
        "of the block closes what is on it.",
    )


def test_a_part_that_does_not_close_does_not_stop_the_others() -> None:
    expect(
        "CLOSED_AFTER_A_FAILED_CLOSE",
        seen=as_list(exercise.CLOSED_AFTER_A_FAILED_CLOSE),
        expected=closed_by("engine", "stuck", times=1),
        why="The stack notes the error, goes on with the rest of the list, and raises at the end.",
    )
