"""What the loop remembers between runs, in one small file that belongs to the learner."""

import json
import os
from typing import Any

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.checking import Check, Outcome
from steps.workbook.exercising.exercises import Exercise, all_exercises

FILE = PROJECT / ".progress.json"


class Records:
    """Which version of which file passed, and how many hints were shown."""

    def __init__(self) -> None:
        self._kept = _load()

    def note(self, outcome: Outcome) -> None:
        """Remember how the version of a file that was run came out."""
        self._kept = _load()  # another terminal may have written since
        self._of(outcome.exercise)["run"] = [outcome.version, outcome.passed]
        self._save()

    def is_done(self, exercise: Exercise) -> bool | None:
        """Tell whether the file as it is now passed; None when nobody has run it."""
        version, passed = self._of(exercise).get("run", [None, None])
        return bool(passed) if version == exercise.version() else None

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
        self._kept = _load()
        shown = min(self._of(exercise).get("hints", 0) + 1, len(exercise.hints))
        self._of(exercise)["hints"] = shown
        self._save()
        return int(shown)

    def forget(self, exercise: Exercise) -> None:
        self._kept = _load()
        self._kept.pop(exercise.name, None)
        self._save()

    def _of(self, exercise: Exercise) -> dict[str, Any]:
        kept: dict[str, Any] = self._kept.setdefault(exercise.name, {})
        return kept

    def _save(self) -> None:
        whole = FILE.with_suffix(f".{os.getpid()}")  # another terminal may write at this moment
        whole.write_text(json.dumps(self._kept, indent=1), encoding="utf-8")
        os.replace(whole, FILE)


def _load() -> dict[str, Any]:
    try:
        kept = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in kept.items() if isinstance(v, dict)} if isinstance(kept, dict) else {}
