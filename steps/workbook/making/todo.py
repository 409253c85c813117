"""What a new step or exercise still needs: the TODOs in it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.exercises import ANSWERS, all_exercises

MARK = "TODO"


@dataclass(frozen=True)
class Todo:
    """A line that says what somebody has to write."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PROJECT).as_posix()}:{self.line}: {self.text}"


def todos() -> list[Todo]:
    """Return what is left to write in all steps and exercises."""
    return todos_in(
        [
            PROJECT / "steps" / "workbook" / "catalogue.py",
            *sorted((PROJECT / "steps").glob("step_*/*.py")),
            *sorted((PROJECT / "tests" / "steps").glob("*.py")),
            *(path for exercise in all_exercises() for path in exercise.parts),
        ]
    )


def listed(paths: Iterable[Path]) -> str:
    """Return the TODOs in these files, under the name of each file."""
    lines = []
    for path, found in groupby(todos_in(paths), key=lambda todo: todo.path):
        lines.append(f"  {path.relative_to(PROJECT).as_posix()}")
        lines += [f"    line {todo.line}: {todo.text}" for todo in found]
    return "\n".join(lines)


def todos_in(paths: Iterable[Path]) -> list[Todo]:
    """Return the TODOs in these files. Those in the code of an exercise are the learner's."""
    return [todo for path in paths for todo in _todos_of(path)]


def _todos_of(path: Path) -> Iterator[Todo]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if ANSWERS in path.parents:
        lines = lines[: ast.parse(text).body[0].end_lineno]  # its docstring
    for number, line in enumerate(lines, 1):
        if MARK in line:
            yield Todo(path, number, line[line.index(MARK) :].strip(" \"',|"))
