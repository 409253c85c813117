"""Exercise 03b: what a lifespan has opened is closed, however it ends."""

import asyncio
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.exercises import ex_03b_the_engine_that_stays_open as exercise
from tests.exercises.checks import expect, expect_that, in_words


class Parts:
    """Opens an engine and an S3 client, except the broken one, and remembers what closes.

    What is stuck opens, and raises when it is told to close.
    """

    def __init__(self, broken: str | None = None, stuck: str | None = None) -> None:
        self.broken = broken
        self.stuck = stuck
        self.opened: list[str] = []
        self.closed: list[str] = []

    def open(self, name: str, how_it_closes: str) -> Any:
        if name == self.broken:
            raise OSError(f"the {name} did not open")
        self.opened.append(name)
        return SimpleNamespace(**{how_it_closes: partial(self._close, name)})

    def _close(self, name: str) -> None:
        if name == self.stuck:
            raise OSError(f"the {name} did not close")
        if name not in self.closed:
            self.closed.append(name)

    def create_app(self) -> FastAPI:
        app: FastAPI = exercise.create_app(
            partial(self.open, "engine", "dispose"), partial(self.open, "S3 client", "close")
        )
        return app

    def still_open(self) -> str:
        return " and ".join(name for name in self.opened if name not in self.closed) or "nothing"


def failed_start(parts: Parts) -> Exception | None:
    try:
        with TestClient(parts.create_app()):
            return None
    except Exception as error:
        return error


async def fail_while_running(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        raise RuntimeError("a worker thread is gone")


def test_both_are_open_while_the_app_answers() -> None:
    parts, open_meanwhile = Parts(), None
    try:
        with TestClient(parts.create_app()) as client:
            client.get("/")
            open_meanwhile = parts.still_open()
    except Exception:
        if open_meanwhile is None:
            raise
    expect(
        "What is open while the app answers a request",
        seen=open_meanwhile,
        expected=" and ".join(parts.opened),
        why="Requests need both. What closes them waits for the end: yield inside the "
        "block, and hand over the function that closes, without calling it.",
    )


def test_a_failed_start_leaves_nothing_open() -> None:
    for broken in ("S3 client", "engine"):
        parts = Parts(broken)
        error = failed_start(parts)
        left = parts.still_open()
        said = "" if isinstance(error, OSError) else f", after {in_words(error)}"
        expect_that(
            left == "nothing",
            f"What stays open when the {broken} does not open",
            seen=left + said,
            expected="nothing",
            why="The error leaves the lifespan before its yield. What is open by then has to "
            "close on the way out, and what never opened cannot be closed.",
        )


def test_a_failed_start_still_says_why() -> None:
    error = failed_start(Parts("S3 client"))
    expect_that(
        isinstance(error, OSError),
        "The error with which the start ends when the S3 client does not open",
        seen=error or "none: the app starts",
        expected="OSError: the S3 client did not open",
        why="Whoever starts the app has to read what to mend. Close, and let the error go on.",
    )


def test_the_stop_closes_the_last_opened_first() -> None:
    parts = Parts()
    with TestClient(parts.create_app()):
        pass
    expect(
        "What a stop closes, in order",
        seen=parts.closed,
        expected=parts.opened[::-1],
        why="What opened later may use what opened before it, also while it closes.",
    )


def test_an_error_that_ends_the_app_leaves_nothing_open() -> None:
    parts, seen = Parts(), "no error: it is hidden"
    try:
        asyncio.run(fail_while_running(parts.create_app()))
    except RuntimeError:
        seen = parts.still_open()
    expect(
        "What stays open when an error ends the app while it runs",
        seen=seen,
        expected="nothing",
        why="The error comes out of the yield and skips plain code below it. It has to close "
        "what is open, and then go on.",
    )


def test_a_close_that_fails_does_not_keep_the_others_open() -> None:
    parts = Parts(stuck="S3 client")
    with suppress(Exception), TestClient(parts.create_app()):
        pass
    expect(
        "The engine after a stop in which the S3 client's close raised OSError",
        seen="closed" if "engine" in parts.closed else "still open",
        expected="closed",
        why="An error in one close skips the line below it. Closing can fail, too: the "
        "connections of an engine must not depend on the S3 client.",
    )
