"""The exercises in the order in which they are done."""

import ast
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from steps.workbook.catalogue import ONLY_READ, PROJECT, STEPS, Step

TESTS = PROJECT / "tests" / "exercises"
ANSWERS = TESTS / "answers"

_NAME = re.compile(r"ex_\d\d[a-z]_\w+")
_WRONG = re.compile(r"wrong_\d+")
_TITLE = re.compile(r"(\d\d)([a-z]) · (.+) · (predict|repair|build) · (\d+) minutes")
_SECTION = re.compile(r'Read notebook (\d\d), "(.+?)"\.', re.DOTALL)


class UnknownExercise(Exception):
    """There is no exercise like that: one line that says which there are."""


@dataclass(frozen=True)
class Task:
    """One test of an exercise: its function's name, and what it tells of first."""

    name: str
    about: str
    """Where the learner predicts, the name of a constant. It does not give the answer away."""

    @property
    def sentence(self) -> str:
        """What the task is there to teach."""
        words = self.name.removeprefix("test_").replace("_", " ")
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Exercise:
    """One exercise. `name` is the module's name, such as ex_01a_how_often_is_it_called.

    What is known of it comes from its starter, which the learner does not edit.
    """

    name: str

    @property
    def key(self) -> str:
        """Its number and letter, such as 01a."""
        return self.name.split("_")[1]

    @property
    def step(self) -> int:
        return int(self.key[:2])

    @property
    def file(self) -> Path:
        """What the learner edits."""
        return PROJECT / "steps" / "exercises" / f"{self.name}.py"

    @property
    def tests(self) -> Path:
        return TESTS / f"test_{self.name}.py"

    @property
    def hints_file(self) -> Path:
        return TESTS / "hints" / f"{self.name}.md"

    def version(self) -> str:
        """Return what changes whenever the learner's file or its tests do."""
        content = self.name.encode()
        for path in (self.file, self.tests):
            with suppress(OSError):  # somebody may be saving it right now
                content += path.read_bytes()
        return hashlib.sha256(content).hexdigest()

    def is_changed(self) -> bool:
        """Tell whether the learner's file is no longer the starter, or not there."""
        try:
            return self.file.read_bytes() != self.answer("starter").read_bytes()
        except OSError:
            return True

    def answer(self, folder: str) -> Path:
        """Where an answer is: `starter`, `solution`, `wrong_1`…"""
        return ANSWERS / folder / f"{self.name}.py"

    @property
    def wrong_answers(self) -> tuple[Path, ...]:
        """The answers that people give and that its tests refuse."""
        found = sorted(ANSWERS.glob(f"*/{self.name}.py"))
        return tuple(path for path in found if _WRONG.fullmatch(path.parent.name))

    @property
    def parts(self) -> tuple[Path, ...]:
        """The files that make it, without what the learner edits."""
        answers = self.answer("starter"), self.answer("solution"), *self.wrong_answers
        return self.tests, self.hints_file, *answers

    @property
    def is_whole(self) -> bool:
        """Tell whether it has its name and all parts: an editor's copy of a file has not."""
        return bool(_NAME.fullmatch(self.name)) and all(part.is_file() for part in self.parts)

    @cached_property
    def doc(self) -> str:
        return docstring_of(self.answer("starter"))

    @property
    def title(self) -> str:
        return self._first_line[3]

    @property
    def kind(self) -> str:
        """predict, repair or build."""
        return self._first_line[4]

    @property
    def minutes(self) -> int:
        """How long it takes most people, as its author believes."""
        return int(self._first_line[5])

    @property
    def section(self) -> str:
        """What to read: the notebook's number and the heading in it."""
        match = self._matched(_SECTION.search(self.doc))
        return f"notebook {match[1]}, {' '.join(match[2].split())}"

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """In the order of the file."""
        tree = ast.parse(self.tests.read_text(encoding="utf-8"))
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        return tuple(Task(f.name, _told_by(f)) for f in functions if f.name.startswith("test_"))

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """From the vaguest to the one that gives it away."""
        text = self.hints_file.read_text(encoding="utf-8")
        return tuple(part.strip() for part in text.split("\n---\n"))

    @property
    def explanation(self) -> str:
        """Why the solution is one."""
        return docstring_of(self.answer("solution"))

    @property
    def _first_line(self) -> re.Match[str]:
        return self._matched(_TITLE.fullmatch(self.doc.partition("\n")[0]))

    def _matched(self, match: re.Match[str] | None) -> re.Match[str]:
        if match is None:
            raise ValueError(f"{self.name}: its docstring has not the form of an exercise's")
        return match


def _told_by(function: ast.FunctionDef) -> str:
    """Return the first string that a test gives to one of the checks; an empty one for none."""
    checks = (
        call.args[0]
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "").startswith("expect")
    )
    told = (check.value for check in checks if isinstance(check, ast.Constant))
    return next((text for text in told if isinstance(text, str)), "")


def docstring_of(path: Path) -> str:
    """Return the docstring of a module, without importing it."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def all_exercises() -> tuple[Exercise, ...]:
    """Return every exercise, in order, and nothing else that lies in their folder."""
    names = (path.stem.removeprefix("test_") for path in sorted(TESTS.glob("test_ex_*.py")))
    return tuple(exercise for exercise in map(Exercise, names) if exercise.is_whole)


def exercises_of(step: str) -> tuple[Exercise, ...]:
    """Return the exercises of a step ("3"), or one exercise ("3b"). Raises UnknownExercise."""
    exercises = all_exercises()
    wanted = step.strip().lower().lstrip("0")
    found = tuple(e for e in exercises if wanted in (str(e.step), e.key.lstrip("0")))
    if found:
        return found
    if re.fullmatch("0+[a-z]?", step.strip().lower()):
        raise UnknownExercise(ONLY_READ)
    with_some = sorted({exercise.step for exercise in exercises})
    for one in STEPS:
        if re.fullmatch(f"{one.number}[a-z]?", wanted) and one.number not in with_some:
            raise UnknownExercise(_has_none(one, with_some))
    first, *_, last = exercises
    raise UnknownExercise(
        f"Say a step or an exercise, as in STEP=3 or STEP=3b: from {first.key} to {last.key}."
    )


def _has_none(step: Step, with_some: list[int]) -> str:
    nearest = next((number for number in with_some if number > step.number), with_some[-1])
    return f"Step {step.number:02} has no exercises yet. Step {nearest:02} has some: STEP={nearest}"
