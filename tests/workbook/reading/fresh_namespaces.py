"""Runs each live cell and each listing of notebooks in a fresh namespace; prints what raised.

`python -m tests.workbook.reading.fresh_namespaces NOTEBOOK...` prints JSON: a list of [notebook,
what was run, error]. A process of its own, since a listing that is run registers routes once more.
"""

import ast
import asyncio
import contextlib
import io
import json
import re
import sys
from pathlib import Path
from types import CodeType
from typing import Any

from steps.workbook.reading.notebooks import KERNEL, LIVE

TITLE, NEEDS = re.compile(r"# ([^\n:]+)\n"), re.compile(r"^# Run first: (.+)$", re.MULTILINE)
"""A cell that others need begins with its title as a comment, and they name it."""

Cell = dict[str, Any]


def cells_in(path: Path) -> list[Cell]:
    cells: list[Cell] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def texts_in(path: Path) -> list[str]:
    return [cell["source"] for cell in cells_in(path) if cell["cell_type"] == "markdown"]


def is_code(cell: Cell) -> bool:
    """Tell whether a cell holds code to read: the first one only finds the kernel."""
    return bool(cell["cell_type"] == "code") and cell["source"] != KERNEL.strip()


def live_cells_in(path: Path) -> list[Cell]:
    return [cell for cell in cells_in(path) if LIVE in cell["metadata"].get("tags", ())]


def listings_in(path: Path) -> list[str]:
    """Return the code of each listing, its folded part, too."""
    outputs = [output for cell in cells_in(path) for output in cell.get("outputs", ())]
    shown = ["".join(output.get("data", {}).get("text/markdown", "")) for output in outputs]
    parts = [re.findall(r"```python\n(.*?)\n```", text, re.DOTALL) for text in shown]
    return ["\n".join(part) for part in parts if part]


def with_what_it_needs(cell: Cell, cells: list[Cell]) -> list[str]:
    """Return the sources to run, one after another. Raises KeyError for a title nobody has."""
    titled = {}
    for each in cells:
        if each["cell_type"] == "code" and (found := TITLE.match(each["source"])):
            titled[found[1].strip()] = each
    sources: list[str] = []
    for line in NEEDS.findall(cell["source"]):
        for title in line.split(";"):
            for source in with_what_it_needs(titled[title.strip()], cells):
                if source not in sources:
                    sources.append(source)
    return [*sources, cell["source"]]


async def run(sources: list[str]) -> str:
    """Run sources in one new namespace, as a kernel would; return what they raised."""
    namespace: dict[str, Any] = {"__name__": "__main__", "display": print}
    try:
        for source in sources:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code: CodeType = compile(source, "<cell>", "exec", flags=flags)
            with contextlib.redirect_stdout(io.StringIO()):
                awaited = eval(code, namespace)  # noqa: S307 - the notebooks are the project's own
                if awaited is not None:
                    await awaited
    except BaseException as error:  # a cell may also end with SystemExit
        return repr(error)
    return ""


def main(paths: list[Path]) -> list[tuple[str, str, str]]:
    failures = []
    exec(KERNEL, {})  # noqa: S102 - the project's own first lines
    for path in paths:
        cells = cells_in(path)
        for cell in live_cells_in(path):
            try:
                error = asyncio.run(run(with_what_it_needs(cell, cells)))
            except KeyError as missing:
                error = f"no cell has the title {missing}"
            if error:
                failures.append((path.stem, cell["source"], error))
        for listing in listings_in(path):
            if error := asyncio.run(run([listing])):
                failures.append((path.stem, listing, error))
    return failures


if __name__ == "__main__":
    print(json.dumps(main(list(map(Path, sys.argv[1:])))))
