"""Runs the tests of one exercise in a new process, and says what came out."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.exercises import Exercise

CHECK_PROCESS = (sys.executable, "-m", "steps.workbook.exercising.check_process")
ENDED = "Your code ended Python itself, as sys.exit and os._exit do"


@dataclass(frozen=True)
class Failure:
    """Why a task is not done. `line` is in the learner's file, where it is known."""

    what: str
    line: int | None = None
    seen: str = ""
    expected: str = ""
    why: str = ""
    printed: str = ""
    code: str = ""


@dataclass
class Outcome:
    """What one run showed: which tasks are done, and why the next one is not."""

    exercise: Exercise
    version: str
    done: list[str] = field(default_factory=list)
    failed: str | None = None
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        return self.failure is None and len(self.done) == len(self.exercise.tasks)


class Check:
    """A process that checks one exercise. Without an exercise it warms up and waits for one."""

    def __init__(self, exercise: Exercise | None = None) -> None:
        files = [str(exercise.tests)] if exercise else []
        self._outcome = Outcome(exercise, exercise.version()) if exercise else None
        # Files, not pipes: a child that the exercise leaves behind would keep a pipe open.
        self._output, self._errors = (
            TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
            for _ in range(2)
        )
        self._process = subprocess.Popen(  # noqa: S603
            [*CHECK_PROCESS, *files],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            cwd=PROJECT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )

    def check(self, exercise: Exercise) -> None:
        """Let a process that waits check this exercise."""
        self._outcome = Outcome(exercise, exercise.version())
        if self._process.stdin:
            self._process.stdin.write(json.dumps([str(exercise.tests)]) + "\n")

    def outcome(self) -> Outcome:
        """Wait for the end of the run."""
        if self._outcome is None:
            raise ValueError("This process has been given no exercise")
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        with self._output, self._errors:
            self._output.seek(0)
            self._errors.seek(0)
            events = [json.loads(line) for line in self._output if line.startswith("{")]
            return _read(self._outcome, events, self._errors.read())

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.communicate()
        self._output.close()
        self._errors.close()


def _read(outcome: Outcome, events: list[dict[str, Any]], errors: str) -> Outcome:
    """Fill an outcome with what the process wrote, and return it."""
    exercise = outcome.exercise
    running: str | None = None
    for event in events:
        match event["kind"]:
            case "begins":
                running = event["task"]
            case "passes":
                outcome.done.append(event["task"])
                running = None
            case "fails":
                outcome.failed, running = event["task"], None
                outcome.failure = _failure_of(exercise, event)
            case "broken":
                outcome.failure = _broken(exercise, event["text"])
    unfinished = outcome.failure is None and len(outcome.done) < len(exercise.tasks)
    if running is not None or unfinished:
        outcome.failed, outcome.failure = running, _ended(exercise, errors)
    return outcome


def _failure_of(exercise: Exercise, event: dict[str, Any]) -> Failure:
    line, printed = event["line"], event["printed"]
    if event["what"] is None:
        return Failure(_what_was_raised(exercise, event["error"]), line, printed=printed)
    words = event["what"], line or _line_of(exercise, event["what"])
    return Failure(*words, event["seen"], event["expected"], event["why"], printed)


def _what_was_raised(exercise: Exercise, error: str) -> str:
    missing = re.search(rf"module '.*{exercise.name}' has no attribute '(\w+)'", error)
    if missing:
        return f"Your file has no {missing[1]}: make reset STEP={exercise.key} brings it back"
    if error.startswith(("CancelledError", "SystemExit", "KeyboardInterrupt")):
        return ENDED
    if "reading from stdin" in error:
        return "Nobody can answer here: no breakpoint() and no input(); use print()"
    return f"Your code raised {error}"


def _line_of(exercise: Exercise, what: str) -> int | None:
    """Return the line of the constant that a task is about, or of a TODO that nobody touched."""
    try:
        lines = exercise.file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for number, line in enumerate(lines, 1):
        if re.match(rf"[^#=]*\b{re.escape(what.split()[0])}\b.* = ", line):
            return number
    if exercise.is_changed():
        return None
    return next((number for number, line in enumerate(lines, 1) if "TODO" in line), None)


def _broken(exercise: Exercise, text: str) -> Failure:
    """The learner's file does not even load: say where."""
    if not exercise.file.exists():
        return Failure(f"Your file is not there: make reset STEP={exercise.key} brings it back")
    try:
        ast.parse(exercise.file.read_text(encoding="utf-8"), exercise.file.name)
    except SyntaxError as error:
        what = f"Python cannot read your file: {error.msg}"
        return Failure(what, error.lineno, code=(error.text or "").strip())
    except (OSError, UnicodeError, ValueError) as error:
        return Failure(f"Your file cannot be read: {error}")
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E  ")]
    places = re.findall(rf"{exercise.name}\.py:(\d+):", text)
    reason = errors[-1] if errors else lines[-1]
    return Failure(f"Your file does not load: {reason}", int(places[-1]) if places else None)


def _ended(exercise: Exercise, errors: str) -> Failure:
    places = [int(n) for n in re.findall(rf'{exercise.name}\.py", line (\d+)', errors)]
    if "Timeout" in errors:  # the innermost call comes first here, and last in a traceback
        what = "Your code did not come to an end: a loop or a wait without one"
        return Failure(what, places[0] if places else None)
    return Failure(ENDED, places[-1] if places else None)
