"""Runs the tests of one exercise in a new process, and says what came out."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Thread
from typing import Any

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.exercises import Exercise
from steps.workbook.exercising.output import KEPT, Output
from steps.workbook.exercising.reasons import Failure, broken, ended, failure_of

CHECK_PROCESS = (sys.executable, "-u", "-m", "steps.workbook.exercising.check_process")


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
    """A process that checks one exercise. Without an exercise it warms up and waits for one.

    It works in a folder of its own: files that the exercise writes go away with it.
    """

    def __init__(self, exercise: Exercise | None = None) -> None:
        files = [str(exercise.tests)] if exercise else []
        self._outcome = Outcome(exercise, exercise.version()) if exercise else None
        self._output = Output()
        own_path = os.environ.get("PYTHONPATH")
        self._folder = TemporaryDirectory(prefix="exercise-", ignore_cleanup_errors=True)
        self._events = TemporaryFile()  # noqa: SIM115  # outcome() reads and closes it
        self._process = subprocess.Popen(  # noqa: S603
            [*CHECK_PROCESS, *files],
            stdin=subprocess.PIPE,
            stdout=self._events,
            stderr=subprocess.PIPE,
            cwd=self._folder.name,
            env={
                **os.environ,
                "PYTHONIOENCODING": "utf-8:backslashreplace",
                "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [own_path])]),
            },
            start_new_session=True,  # it has no terminal, and ends with all that it started
        )
        # A child that the exercise leaves behind may keep the pipe open: nobody waits for this.
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def check(self, exercise: Exercise) -> None:
        """Let a process that waits check this exercise."""
        self._outcome = Outcome(exercise, exercise.version())
        if self._process.stdin:
            with suppress(OSError):  # it has ended
                self._process.stdin.write(json.dumps([str(exercise.tests)]).encode() + b"\n")
                self._process.stdin.flush()

    def has_ended(self, within_s: float) -> bool:
        """Wait for the end of the run, but no longer than this; tell whether it has come."""
        self._reader.join(within_s)
        return self._process.poll() is not None

    def outcome(self) -> Outcome:
        """Wait for the end of the run."""
        if self._outcome is None:
            raise ValueError("This process has been given no exercise")
        try:
            if self._process.stdin:
                with suppress(OSError):
                    self._process.stdin.close()
            exit_code = self._process.wait()
        finally:
            self.stop()
        with self._events:
            self._events.seek(0)
            lines = self._events.read().decode(errors="replace").splitlines()
        return outcome_of_events(
            self._outcome,
            [json.loads(line) for line in lines if line.startswith("{")],
            "\n".join(line for line in lines if not line.startswith("{")),
            exit_code,
            self._output.text(),
        )

    def stop(self) -> None:
        """End the process, whatever it does, and what it has started."""
        _end_with_children(self._process)
        self._process.wait()
        self._reader.join(timeout=1)
        self._folder.cleanup()

    def _read(self) -> None:
        if self._process.stderr:
            with self._process.stderr as pipe:
                while part := os.read(pipe.fileno(), KEPT):
                    self._output.add(part)


def _end_with_children(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        import psutil

        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
    else:
        with suppress(OSError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)


def outcome_of_events(
    outcome: Outcome, events: list[dict[str, Any]], errors: str, exit_code: int, printed: str
) -> Outcome:
    """Fill an outcome with what the process told, and return it."""
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
                outcome.failure = failure_of(exercise, event)
            case "broken":
                outcome.failure = broken(exercise, event)
    unfinished = outcome.failure is None and len(outcome.done) < len(exercise.tasks)
    if running is not None or unfinished:
        outcome.failed, outcome.failure = running, ended(exercise, errors, exit_code)
    if outcome.failure:
        outcome.failure = replace(outcome.failure, printed=printed)
    return outcome
