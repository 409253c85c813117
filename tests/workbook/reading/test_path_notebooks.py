"""The notebooks of the path have a form in which the reader works; all limits are ceilings."""

import ast
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.reading.notebooks import ANSWER, HIDE_OUTPUT, LIVE, PREDICT
from tests.workbook.reading.fresh_namespaces import (
    Cell,
    cells_in,
    is_code,
    live_cells_in,
    texts_in,
)

PATH = [
    path
    for path in sorted((PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    if int(path.name[:2]) in {0, *(step.number for step in STEPS if step.part == "path")}
]

FACT = re.compile(r"^> \*\*Fact (\d+)\.\*\* \S", re.MULTILINE)

notebooks = pytest.mark.parametrize("path", PATH, ids=lambda path: path.stem)


def printed_by(cell: Cell) -> list[str]:
    """Return the lines that a cell prints: no charts, differences, tables or listings."""
    lines: list[str] = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        is_text = "text/html" not in data or "</summary><pre>" in "".join(data["text/html"])
        if is_text and "text/markdown" not in data:
            text = output.get("text") or data.get("text/plain", "")
            lines += "".join(text).strip("\n").splitlines()
    return lines


@notebooks
def test_it_has_at_most_thirty_cells(path: Path) -> None:
    assert len(cells_in(path)) <= 30


@notebooks
def test_the_reader_works_in_most_of_its_code_cells(path: Path) -> None:
    live = live_cells_in(path)

    assert len(live) >= 8
    assert len(live) > sum(map(is_code, cells_in(path))) / 2


@notebooks
def test_a_live_cell_is_complete_and_can_be_seen_at_once(path: Path) -> None:
    for cell in live_cells_in(path):
        modules = re.findall(r"^(?:from|import) (\S+)", cell["source"], re.MULTILINE)
        assert not [name for name in modules if name.startswith("steps.workbook.experiments")]
        assert len([line for line in cell["source"].splitlines() if line.strip()]) <= 30


@notebooks
def test_its_lines_are_narrow(path: Path) -> None:
    lines = [line for c in cells_in(path) if is_code(c) for line in c["source"].splitlines()]

    assert [line for line in lines if len(line) > 88] == []


@notebooks
def test_it_asks_before_it_shows(path: Path) -> None:
    """At least three times. The output that answers is collapsed, and says something."""
    cells = cells_in(path)
    asked = [n for n, cell in enumerate(cells) if cell["source"].startswith(PREDICT)]

    assert len(asked) >= 3
    for number in asked:
        answer = cells[number + 1]
        assert is_code(answer), cells[number]["source"]
        assert answer["outputs"]
        for output in answer["outputs"]:
            assert ANSWER in str(output), "behind a click where no cell can be collapsed"
        assert answer["metadata"]["jupyter"] == {"outputs_hidden": True}
        assert HIDE_OUTPUT in answer["metadata"]["tags"]
    others = [cell for n, cell in enumerate(cells) if n - 1 not in asked]
    assert not [cell for cell in others if "outputs_hidden" in str(cell["metadata"])]


@notebooks
def test_its_facts_are_few_and_stand_below_what_shows_them(path: Path) -> None:
    cells, facts = cells_in(path), list[str]()
    for before, cell in pairwise(cells):
        if cell["cell_type"] == "markdown" and (found := FACT.findall(cell["source"])):
            facts += found
            assert is_code(before), cell["source"]
            assert before["outputs"], cell["source"]

    assert facts == [str(number) for number in range(1, len(facts) + 1)]
    assert 3 <= len(facts) <= 10


@notebooks
def test_its_outputs_are_short(path: Path) -> None:
    printed = [printed_by(cell) for cell in cells_in(path) if is_code(cell)]

    assert [lines for lines in printed if len(lines) > 12] == []


@notebooks
def test_it_says_how_long_it_takes(path: Path) -> None:
    found = re.search(r"^About (\d+) minutes", texts_in(path)[0], re.MULTILINE)

    assert found
    assert int(found[1]) <= 45


@notebooks
def test_it_ends_with_the_costs_and_with_what_to_keep(path: Path) -> None:
    text = "\n\n".join(texts_in(path))
    keep = re.search(r"^## Keep\n\n((?:\d\. .+\n?)+)", text, re.MULTILINE)

    assert keep
    assert len(keep[1].strip().splitlines()) == 3
    assert path.stem.startswith("00") or re.search(r"^## What it costs", text, re.MULTILINE)


@notebooks
def test_it_imports_only_what_it_shows(path: Path) -> None:
    """Of the experiments, which are too large for a cell."""
    code = "\n\n".join(cell["source"] for cell in cells_in(path) if is_code(cell))
    plain = re.sub(r"^(\s*)await ", r"\1", code, flags=re.MULTILINE)
    tree = ast.parse(f"async def cells():\n{_indented(plain)}")
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("steps.workbook.experiments")
        for alias in node.names
    }
    shown = {
        ast.unparse(argument).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "show"
        for argument in node.args
    }

    assert imported <= shown


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())


def test_each_live_cell_and_each_listing_runs_in_a_fresh_namespace() -> None:
    """After the cells that it names, and nothing else."""
    command = [sys.executable, "-m", "tests.workbook.reading.fresh_namespaces", *map(str, PATH)]
    run = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )

    assert json.loads(run.stdout.splitlines()[-1]) == []


def test_the_first_notebook_shows_the_kit() -> None:
    from steps.workbook import kit

    text = (PROJECT / "notebooks" / "00_vocabulary.ipynb").read_text(encoding="utf-8")
    functions = [
        node.name
        for node in ast.parse(Path(kit.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]

    assert [name for name in functions if name not in text] == []
    assert LIVE in text
