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


def put_up() -> None:
    """Write the signposts of all notebooks anew."""
    for path in _notebooks().values():
        path.write_text(with_signposts(path), encoding="utf-8", newline="\n")


def with_signposts(path: Path) -> str:
    """Return a notebook with a line below its title, and one at the end of its last text."""
    number, notebook = int(path.name[:2]), json.loads(path.read_text(encoding="utf-8"))
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    title, *rest = _without(WHERE, texts[0])
    texts[0]["source"] = _lines(title, where(number), *rest)
    texts[-1]["source"] = _lines(*_without(NEXT, texts[-1]), following(number))
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def where(number: int) -> str:
    """Return the way from notebook to notebook, with this one picked out."""
    links = {
        n: f"**{n:02}**" if n == number else f"[{n:02}]({path.name})"
        for n, path in _notebooks().items()
    }
    path = " · ".join(link for n, link in links.items() if n < FURTHER)
    further = " · ".join(link for n, link in links.items() if n >= FURTHER)
    return f"{WHERE}{path} | further: {further}"


def following(number: int) -> str:
    """Return what comes next: the exercises of this step, and the next notebook."""
    exercises = [exercise for exercise in all_exercises() if exercise.step == number]
    parts = []
    if exercises:
        links = ", ".join(
            f"[{each.key}](../{each.file.relative_to(PROJECT).as_posix()})" for each in exercises
        )
        parts.append(f"the exercises {links} with `make exercise STEP={number}`")
    if path := _notebooks().get(number + 1):
        parts.append(f"[{_title_of(path)}]({path.name})")
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


def _title_of(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return str("".join(cells[0]["source"]).partition("\n")[0].removeprefix("# "))
