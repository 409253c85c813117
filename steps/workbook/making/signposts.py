"""Where a notebook stands among the others, what comes next, and what there is to do."""

import json
import re
from pathlib import Path
from typing import Any

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.exercising.exercises import all_exercises

FOLDER = PROJECT / "notebooks"
WHERE, NEXT = "Path: ", "**Next:** "
"""How the two signposts begin. Nothing else in a notebook does."""

FURTHER = min(step.number for step in STEPS if step.part == "further")


APPENDIX = "[a-z]_*.ipynb"
"""What a file's name is like that is looked up, and not read in order."""


def put_up() -> None:
    """Write the signposts of all notebooks anew."""
    for path in (*_notebooks().values(), *_appendices()):
        path.write_text(with_signposts(path), encoding="utf-8", newline="\n")


def with_signposts(path: Path) -> str:
    """Return a notebook with a line below its title, and one at the end of its last text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    title, *rest = _without(WHERE, texts[0])
    texts[0]["source"] = _lines(title, where(path), *rest)
    texts[-1]["source"] = _lines(*_without(NEXT, texts[-1]), following(path))
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def where(path: Path) -> str:
    """Return the way from notebook to notebook, with this one picked out."""

    def link(other: Path) -> str:
        number = other.name.partition("_")[0].upper()
        return f"**{number}**" if other.name == path.name else f"[{number}]({other.name})"

    on_path = " · ".join(link(other) for n, other in _notebooks().items() if n < FURTHER)
    further = " · ".join(link(other) for n, other in _notebooks().items() if n >= FURTHER)
    look_up = " · ".join(map(link, _appendices()))
    return f"{WHERE}{on_path} | further: {further} | look up: {look_up}"


def following(path: Path) -> str:
    """Return what comes next: the exercises of this step, and the next notebook."""
    if path.match(APPENDIX):
        return f"{NEXT}[README](../README.md)"
    number = int(path.name[:2])
    exercises = [exercise for exercise in all_exercises() if exercise.step == number]
    parts = []
    if exercises:
        links = ", ".join(
            f"[{each.key}](../{each.file.relative_to(PROJECT).as_posix()})" for each in exercises
        )
        parts.append(f"the exercises {links} with `make exercise STEP={number}`")
    if after := _notebooks().get(number + 1):
        parts.append(f"[{_title_of(after)}]({after.name})")
    if not parts:
        parts.append("[README](../README.md)")
    return f"{NEXT}{'; then '.join(parts)}"


def _without(start: str, cell: Any) -> list[str]:
    """Return the paragraphs of a cell that do not begin like this."""
    parts = re.split(r"\n{2,}", "".join(cell["source"]))
    return [part for part in parts if not part.startswith(start)]


def _lines(*paragraphs: str) -> list[str]:
    return "\n\n".join(paragraphs).splitlines(keepends=True)


def _notebooks() -> dict[int, Path]:
    return {int(path.name[:2]): path for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))}


def _appendices() -> list[Path]:
    return sorted(FOLDER.glob(APPENDIX))


def _title_of(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return str("".join(cells[0]["source"]).partition("\n")[0].removeprefix("# "))
