"""What the loop remembers between runs, in one small file that belongs to the learner."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.checking import Check, Outcome
from steps.workbook.exercising.exercises import Exercise, all_exercises

FILE = PROJECT / ".progress.json"


class Records:
    """Which version of which file passed, and how many hints were shown."""

    def __init__(self) -> None:
        self.unkept = ""
        """One line that says why they cannot be kept; an empty one while they can."""
        with _alone():
            self._kept = _load()

    def note(self, outcome: Outcome) -> None:
        """Remember how the version of a file that was run came out."""
        with self._keeping(outcome.exercise) as kept:
            kept["run"] = [outcome.version, outcome.passed]

    def is_done(self, exercise: Exercise) -> bool | None:
        """Tell whether the file as it is now passed; None when nobody has run it."""
        match self._of(exercise).get("run"):
            case [version, passed] if version == exercise.version():
                return bool(passed)
        return None

    def all_done(self) -> dict[str, bool]:
        """Tell of every exercise, without running any, whether it is known to be done."""
        return {exercise.name: self.is_done(exercise) or False for exercise in all_exercises()}

    def check(self, exercise: Exercise) -> bool:
        """Tell whether an exercise is done, after running it if it changed since it last was.

        A starter is not done: nobody has to run it.
        """
        if exercise.is_changed() and self.is_done(exercise) is None:
            self.note(Check(exercise).outcome())
        return bool(self.is_done(exercise))

    def check_all(self) -> dict[str, bool]:
        """The same of every exercise."""
        return {exercise.name: self.check(exercise) for exercise in all_exercises()}

    def next_hint(self, exercise: Exercise) -> int:
        """Return the number of the next hint, counted from 1; the last one again at the end."""
        with self._keeping(exercise) as kept:
            shown = kept.get("hints")
            shown = min(max(shown, 0) if isinstance(shown, int) else 0, len(exercise.hints) - 1) + 1
            kept["hints"] = shown
        return shown

    def forget(self, exercise: Exercise) -> None:
        with self._keeping(exercise) as kept:
            kept.clear()

    @contextmanager
    def _keeping(self, exercise: Exercise) -> Iterator[dict[str, Any]]:
        with _alone():
            if not self.unkept:
                self._kept = _load()  # another terminal may have written since
            yield self._of(exercise)
            self._save()

    def _of(self, exercise: Exercise) -> dict[str, Any]:
        if not isinstance(self._kept.get(exercise.name), dict):
            self._kept[exercise.name] = {}
        kept: dict[str, Any] = self._kept[exercise.name]
        return kept

    def _save(self) -> None:
        whole = FILE.with_suffix(".tmp")
        try:
            whole.write_text(json.dumps(self._kept, indent=1), encoding="utf-8")
            os.replace(whole, FILE)
        except OSError as error:
            self.unkept = f"Progress is not kept: make {FILE.name} writable ({error.strerror})"
            with suppress(OSError):
                whole.unlink()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other terminals out until the block ends, or this process does."""
    with ExitStack() as stack:
        with suppress(OSError):  # nothing can be written there, or locked
            lock = stack.enter_context(FILE.with_suffix(".lock").open("ab"))
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
            else:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _load() -> dict[str, Any]:
    try:
        kept = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}
