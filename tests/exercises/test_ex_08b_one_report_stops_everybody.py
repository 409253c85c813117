"""Exercise 08b: a call that blocks, in an async function."""

import asyncio
from contextvars import ContextVar
from threading import Barrier, BrokenBarrierError, get_ident

from steps.exercises import ex_08b_one_report_stops_everybody as exercise
from tests.exercises.checks import expect, expect_that

IN_VAIN_S = 0.5
"""How long a report waits for one that is never read meanwhile, in seconds."""

caller: ContextVar[str] = ContextVar("caller", default="nobody")


def test_it_reads_outside_the_thread_of_the_event_loop() -> None:
    threads: list[int] = []

    def read(name: str) -> str:
        threads.append(get_ident())
        return name

    async def request() -> int:
        await exercise.report(read, "sales")
        return get_ident()

    event_loop = asyncio.run(request())
    expect_that(
        threads != [event_loop],
        "The thread in which the library reads",
        seen="the event loop's",
        expected="another one, once for each report",
        why="A call blocks the thread that calls it. An async function around it, or an await "
        "before it, changes nothing: the next turn is not theirs until the call is over.",
    )
    expect("How often the library is called", seen=len(threads), expected=1, why="Reading costs.")


def test_the_caller_gets_the_text_in_capitals() -> None:
    expect(
        "What the caller gets of the report 'sales'",
        seen=asyncio.run(exercise.report("{} rose".format, "sales")),
        expected="SALES ROSE",
        why="Where it is read is nobody else's business: the answer stays the same.",
    )


def test_two_reports_are_read_at_the_same_time() -> None:
    both_read = Barrier(2, timeout=IN_VAIN_S)

    def read(name: str) -> str:
        try:
            both_read.wait()
        except BrokenBarrierError:
            return "alone"
        return "together"

    async def two_requests() -> list[str]:
        texts: list[str] = await asyncio.gather(*(exercise.report(read, name) for name in "ab"))
        return texts

    expect(
        "Two requests, each of which is read until the other is there, too",
        seen=asyncio.run(two_requests()),
        expected=["TOGETHER", "TOGETHER"],
        why="Who waits for the thread without an await still blocks the event loop. "
        "The second request does not even begin.",
    )


def test_an_error_of_the_library_reaches_the_caller() -> None:
    def read(name: str) -> str:
        raise OSError("no such report")

    try:
        outcome = repr(asyncio.run(exercise.report(read, "sales")))
    except OSError as error:
        outcome = f"OSError: {error}"
    expect(
        "What the caller gets of a report that cannot be read",
        seen=outcome,
        expected="OSError: no such report",
        why="A service that hears no error answers 200, with a report that nobody wrote.",
    )


def test_the_library_still_knows_for_whom_it_reads() -> None:
    def read(name: str) -> str:
        return f"{name} for {caller.get()}"

    async def request() -> str:
        caller.set("Ada")
        text: str = await exercise.report(read, "sales")
        return text

    expect(
        "What the library finds in a ContextVar that the request has set",
        seen=asyncio.run(request()),
        expected="SALES FOR ADA",
        why="Logs and traces live in context variables. anyio and asyncio.to_thread give the "
        "thread a copy of the context, run_in_executor does not.",
    )
