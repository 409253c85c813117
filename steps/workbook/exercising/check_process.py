"""Runs the tests of exercises in a process of its own and writes what happened, a line each.

Started as `python -m steps.workbook.exercising.check_process`. With files as arguments it runs
these; without, it imports what exercises need and waits for them on one line of its standard
input.
"""

import faulthandler
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import pytest

EXERCISES = Path(__file__).parents[2] / "exercises"
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
    "--confcutdir=tests/exercises",
)


class Reporter:
    """Tells of each task as it begins and ends; skips the rest of a file after a failure."""

    def __init__(self, channel: TextIO, alarm: TextIO) -> None:
        self._channel, self._alarm = channel, alarm
        self._failed: set[str] = set()

    def tell(self, kind: str, **details: Any) -> None:
        self._channel.write(json.dumps({"kind": kind, **details}) + "\n")
        self._channel.flush()

    def set_alarm(self) -> None:
        """From now on, end this process after the limit and say where it is. Works in any loop."""
        faulthandler.dump_traceback_later(LIMIT_S, exit=True, file=self._alarm)

    def pytest_collection(self) -> None:
        self.set_alarm()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            error = report.longrepr
            self.tell("broken", file=Path(report.nodeid).stem, text=str(error))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.path.stem in self._failed:
            pytest.skip("a task before it is not done")
        self.tell("begins", file=item.path.stem, task=item.name)
        self.set_alarm()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        error = call.excinfo
        if report.skipped and item.path.stem in self._failed:
            return report  # we skipped it ourselves
        if error is not None:
            self._failed.add(item.path.stem)
            self.tell("fails", file=item.path.stem, task=item.name, **_describe(error.value),
                      printed=report.capstdout)  # fmt: skip
        elif call.when == "teardown" and item.path.stem not in self._failed:
            self.tell("passes", file=item.path.stem, task=item.name)
        return report


def _describe(error: BaseException) -> dict[str, Any]:
    """What is known of an error: the words of a task, and the last line of the learner's code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_learners(frame.filename)]
    facts = {name: getattr(error, name, None) for name in ("what", "seen", "expected", "why")}
    return {
        **facts,
        "error": f"{type(error).__name__}: {error}".strip().rstrip(":"),
        "line": own[-1].lineno if own else None,
    }


def _is_learners(filename: str) -> bool:
    return Path(filename).name.startswith("ex_")


def main() -> int:
    files = sys.argv[1:]
    # Ours, also while pytest captures what the exercise prints.
    channel, alarm = (os.fdopen(os.dup(number), "w", encoding="utf-8") for number in (1, 2))
    if not files:
        for name in NEEDED:
            __import__(name)
        files = json.loads(sys.stdin.readline() or "[]")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)  # a learner's own options may name what is not loaded
    # Two saves within a second may look the same to Python, which would run the first one again.
    sys.dont_write_bytecode = True
    for stale in EXERCISES.glob("__pycache__/ex_*.pyc"):
        stale.unlink(missing_ok=True)
    return int(pytest.main([*OPTIONS, *files], plugins=[Reporter(channel, alarm)])) if files else 0


if __name__ == "__main__":
    exit_code = main()
    sys.stderr.flush()
    os._exit(exit_code)  # the learner waits: Python's own clean-up takes as long as the tests
