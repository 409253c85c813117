"""A copy of the project in which nobody has touched an exercise."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from steps.workbook.catalogue import PROJECT
from steps.workbook.exercising.exercises import all_exercises

PARTS = ("steps", "tests/exercises", "pyproject.toml", "tests/__init__.py", "tests/conftest.py")
"""What an exercise needs of the project."""

WHOLE = (
    "steps",
    "tests",
    "notebooks",
    "pyproject.toml",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
)
"""What a new step or exercise needs of it."""


def copy_project(folder: Path, parts: Sequence[str] = PARTS) -> None:
    """Copy what an exercise needs, or more, with every exercise at its start."""
    for part in parts:
        if (PROJECT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(PROJECT / part, folder / part)
    for own in (folder / "steps" / "exercises").glob("*.py"):
        if own.name != "__init__.py":
            own.unlink()
    for exercise in all_exercises():
        shutil.copy(exercise.answer("starter"), folder / "steps" / "exercises")
