"""Runs the tests of exercises in a process of its own and writes what happened, a line each.

Started as `python -m steps.workbook.exercising.check_process`. With files as arguments it runs
these; without, it imports what exercises need and waits for them on one line of its standard
input. What exercises print goes where errors go, with END_OF_TASK after each task that passes.
"""

import faulthandler
import io
import logging
import os
import sys
import threading
import traceback
from contextlib import suppress
from json import dumps, loads  # kept: what is checked may replace those of the module
from pathlib import Path
from typing import Any, TextIO

import pytest

from steps.workbook.exercising.output import END_OF_TASK

EXERCISES = Path(__file__).parents[2] / "exercises"
TESTS = Path(__file__).parents[3] / "tests" / "exercises"
NEEDED = ("fastapi.testclient", "sqlalchemy.orm", "dependency_injector.wiring")
LIMIT_S = float(os.environ.get("WORKBOOK_LIMIT_S", "10"))
"""How long one task may take, in seconds, before it counts as endless."""

UNUSED = (
    "cacheprovider",
    "debugging",
    "doctest",
    "faulthandler",
    "junitxml",
    "legacypath",
    "logging",
    "pastebin",
    "setuponly",
    "setupplan",
    "stepwise",
    "subtests",
    "terminal",
    "unittest",
    "unraisableexception",
    "threadexception",
)
"""Plugins that an exercise's run does without: they take half of pytest's start."""
OPTIONS = (
    *(f"-pno:{plugin}" for plugin in UNUSED),
    "--assert=plain",
    "--capture=no",
    f"--confcutdir={TESTS}",
)
WORDS_OF_A_TASK = ("what", "seen", "expected", "why")
MOST_CHARACTERS = 10_000
"""How much of a text is told. The learner sees less of it; some are of a hundred million."""


class Reporter:
    """Tells of each task as it begins and ends; skips the rest of a file after a failure."""

    def __init__(self, channel: TextIO, printed: int) -> None:
        self._channel, self._printed, self._process = channel, printed, os.getpid()
        self._failed: set[str] = set()

    def tell(self, kind: str, **details: Any) -> None:
        if os.getpid() == self._process:  # a fork of it is no run of its own
            self._channel.write(dumps({"kind": kind, **details}) + "\n")
            self._channel.flush()

    def set_alarm(self) -> None:
        """From now on, end this process after the limit and say where it is. Works in any loop."""
        faulthandler.dump_traceback_later(LIMIT_S, exit=True, file=self._channel)

    def pytest_collection(self) -> None:
        self.set_alarm()

    def pytest_exception_interact(
        self, node: pytest.Collector, call: pytest.CallInfo[None], report: object
    ) -> None:
        """Tell of a file that does not load; how a task went is told below."""
        if isinstance(report, pytest.CollectReport) and call.excinfo:
            error = call.excinfo.value
            if isinstance(error, node.CollectError) and error.__cause__:
                error = error.__cause__
            self.tell("broken", file=node.path.stem, **_describe(error, node.path.stem))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that skips itself."""
        if report.skipped and isinstance(report.longrepr, tuple):
            _, line, reason = report.longrepr
            self.tell("broken", file=Path(report.nodeid).stem, error=reason, line=line)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell of what ends the whole run while a file loads, such as SystemExit."""
        self.tell("broken", file="", **_describe(excinfo.value, ""))
        os._exit(1)  # pytest would only print its own traceback

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.path.stem in self._failed:
            pytest.skip("a task before it is not done")
        self.tell("begins", file=item.path.stem, task=item.name)
        self.set_alarm()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        error, file = call.excinfo, item.path.stem
        if report.skipped and file in self._failed:
            return report  # we skipped it ourselves
        if error is not None:
            self._failed.add(file)
            self.tell("fails", file=file, task=item.name, **_describe(error.value, file))
        elif call.when == "teardown" and file not in self._failed:
            self.tell("passes", file=file, task=item.name)
            os.write(self._printed, END_OF_TASK)
        return report


def _describe(error: BaseException, tests: str) -> dict[str, Any]:
    """What is known of an error: the words of a task, and the last line of the learner's code."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if _is_learners(frame.filename, tests)
    ]
    if isinstance(error, SyntaxError) and _is_learners(error.filename or "", tests):
        lines.append(error.lineno)
    of_task = type(error).__name__ == "Unmet"
    facts = {name: getattr(error, name) if of_task else None for name in WORDS_OF_A_TASK}
    return {
        **{name: text and text[:MOST_CHARACTERS] for name, text in facts.items()},
        "error": _in_words(error),
        "line": lines[-1] if lines else None,
    }


def _in_words(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        text = str(error)[:MOST_CHARACTERS]
    except Exception as second:
        return f"{kind}, whose text cannot be shown: that raised {type(second).__name__}"
    return f"{kind}: {text}".strip().rstrip(":")


def _print_in_words(raised: Any) -> None:
    """Print one line of an error that is in nobody's way, instead of a traceback."""
    print(_in_words(raised.exc_value or raised.exc_type()), file=sys.stderr)


def _is_learners(filename: str, tests: str) -> bool:
    name = Path(filename).stem
    return name == tests.removeprefix("test_") if tests else name.startswith("ex_")


def main() -> int:
    files = sys.argv[1:]
    # Ours, whatever the exercise does to its own output.
    channel, printed = os.fdopen(os.dup(1), "w", encoding="utf-8"), os.dup(2)
    os.dup2(2, 1)
    faulthandler.enable(channel)
    if not files:
        for name in NEEDED:
            __import__(name)
        files = loads(sys.stdin.readline() or "[]")
    logging.getLogger("asyncio").addHandler(logging.NullHandler())
    logging.getLogger("asyncio").propagate = False  # it would print what is told anyway
    threading.excepthook = sys.unraisablehook = _print_in_words
    sys.stdin = io.TextIOBase()  # raises an error when it is read: nobody answers
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)  # a learner's own options may name what is not loaded
    # Two saves within a second may look the same to Python, which would run the first one again.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # in what the exercise starts
    for stale in EXERCISES.glob("__pycache__/ex_*.pyc"):
        with suppress(OSError):
            stale.unlink()
    return (
        int(pytest.main([*OPTIONS, *files], plugins=[Reporter(channel, printed)])) if files else 0
    )


if __name__ == "__main__":
    exit_code = main()
    os._exit(exit_code)  # the learner waits: Python's own clean-up takes as long as the tests
