"""Exercise 08a: when a task gives its turn away."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from unittest.mock import patch

from steps.exercises import ex_08a_who_goes_first as exercise
from tests.exercises.checks import expect


async def block(seconds: float) -> None:
    time.sleep(seconds)


async def in_a_gather() -> None:
    await asyncio.gather(exercise.look_up("Ada"), exercise.look_up("Grace"))


async def in_two_awaits() -> None:
    await exercise.look_up("Ada")
    await exercise.look_up("Grace")


def second_step(run: Callable[[], Awaitable[None]]) -> str:
    async def main() -> None:
        await run()

    exercise.steps.clear()
    asyncio.run(main())
    return str(exercise.steps[1])


def test_in_a_gather_the_second_begins_while_the_first_waits() -> None:
    expect(
        "SECOND_IN_A_GATHER",
        seen=exercise.SECOND_IN_A_GATHER,
        expected=second_step(in_a_gather),
        why="A gather makes two tasks. At its await, Ada's gives its turn away to Grace's.",
    )


def test_two_awaits_in_a_row_are_one_after_the_other() -> None:
    expect(
        "SECOND_IN_TWO_AWAITS",
        seen=exercise.SECOND_IN_TWO_AWAITS,
        expected=second_step(in_two_awaits),
        why="There is one task. It goes on with the next line when what it awaits is done. "
        "Other requests have their turn meanwhile, this one's next line has not.",
    )


def test_a_task_that_blocks_gives_no_turn_away() -> None:
    with patch.object(asyncio, "sleep", block):
        expected = second_step(in_a_gather)
    expect(
        "SECOND_IF_IT_BLOCKS",
        seen=exercise.SECOND_IF_IT_BLOCKS,
        expected=expected,
        why="A task keeps its turn until it awaits, and nobody interrupts it. "
        "One that blocks stops all others, those of other requests too.",
    )


def test_a_call_without_await_runs_nothing() -> None:
    exercise.steps.clear()
    exercise.look_up("Ada").close()
    expect(
        "STEPS_OF_A_CALL",
        seen=exercise.STEPS_OF_A_CALL,
        expected=len(exercise.steps),
        why="Calling an async function only makes a coroutine. Without an await nothing happens, "
        "and there is no error: Python warns, later.",
    )
