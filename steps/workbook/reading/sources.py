"""Code and differences as they stand in the files, for notebooks and the terminal."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from steps.workbook.catalogue import Step, find_step

if TYPE_CHECKING:
    from IPython.display import Markdown


def show(*subjects: object) -> "Markdown":
    """Return the source of functions, classes and modules, read from their files."""
    parts = [textwrap.dedent(inspect.getsource(subject)).strip() for subject in subjects]  # type: ignore[arg-type]
    return _fenced("python", "\n\n\n".join(parts))


@dataclass(frozen=True)
class Difference:
    """What changes from one step to the next.

    Empty lines are shown, but not counted.
    """

    lines: tuple[str, ...]

    @property
    def added(self) -> int:
        return sum(re.match(r"\+(?!\+\+ )\s*\S", line) is not None for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(re.match(r"-(?!-- )\s*\S", line) is not None for line in self.lines)

    @property
    def summary(self) -> str:
        """How many lines were added and removed, as README's table says it."""
        return f"+{self.added} \N{MINUS SIGN}{self.removed}"

    def __str__(self) -> str:
        return "\n".join(self.lines)


def compare(before: Step, after: Step) -> Difference:
    """Compare all files of two steps but `__init__.py`, which only holds number and claim."""
    names = sorted({path.name for step in (before, after) for path in step.folder.glob("*.py")})
    lines: list[str] = []
    for name in names:
        if name != "__init__.py":
            lines.extend(_compare_files(before, after, name))
    return Difference(tuple(lines))


def changes_of(step: Step) -> Difference | None:
    """Return what a step changes in the one that it follows; None for the one where it starts."""
    return compare(step.before, step) if step.before else None


def show_diff(number: int, file: str | None = None) -> "Markdown":
    """Return how a step differs from the one that it follows, in one file or in all."""
    after = find_step(number)
    before = after.before
    if before is None:
        raise ValueError(f"{after.name} follows no other step")
    lines = compare(before, after).lines if file is None else _compare_files(before, after, file)
    return _fenced("diff", "\n".join(lines))


def _fenced(language: str, text: str) -> "Markdown":
    from IPython.display import Markdown  # slow to import, and only notebooks show it

    return Markdown(f"```{language}\n{text}\n```")


def _compare_files(before: Step, after: Step, name: str) -> Iterator[str]:
    old = _read(before.folder / name)
    new = _read(after.folder / name)
    changes = unified_diff(
        old.splitlines(),
        new.splitlines(),
        f"{before.name}/{name}",
        f"{after.name}/{name}",
        n=2,
        lineterm="",
    )
    lines = ["@@" if line.startswith("@@") else line for line in changes]
    return (line for number, line in enumerate(lines) if not _is_empty_edge(lines, number))


def _is_empty_edge(lines: list[str], number: int) -> bool:
    """Tell whether a line is unchanged and empty, with nothing but such lines to a hunk's end."""
    if lines[number].strip():
        return False
    after = next((line for line in lines[number:] if line.strip()), "@@")
    before = next((line for line in lines[number::-1] if line.strip()), "@@")
    return "@@" in (after, before)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def size_of(step: Step) -> dict[str, int]:
    """Count the files and the lines that are not empty."""
    files = [path.read_text(encoding="utf-8") for path in step.folder.glob("*.py")]
    lines = [line for file in files for line in file.splitlines() if line.strip()]
    return {"files": len(files), "lines": len(lines)}
