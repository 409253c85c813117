"""Every notebook runs, comes out as it was committed, and keeps the form that makes it readable."""

import os
import re
import shutil
from base64 import b64decode
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from steps.workbook.catalogue import PROJECT
from steps.workbook.making.signposts import NEXT, WHERE

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

RUNNABLE = [path for path in NOTEBOOKS if hasattr(os, "fork") or path.stem != "12_worker"]
"""Notebook 12 shows what a fork does, which Windows does not have."""

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def all_cells_of(path: Path) -> list[Any]:
    import nbformat  # takes a second, and only the process that runs these tests needs it

    cells: list[Any] = nbformat.read(path, as_version=4).cells
    return cells


def cells_of(path: Path, kind: str) -> list[Any]:
    return [cell for cell in all_cells_of(path) if cell.cell_type == kind]


def words_of(cell: Any) -> int:
    """Count the words of a text, but for the signposts, which nobody reads word by word."""
    paragraphs = cell.source.split("\n\n")
    return sum(len(part.split()) for part in paragraphs if not part.startswith((WHERE, NEXT)))


def lines_of(cell: Any) -> int:
    return len([line for line in cell.source.splitlines() if line.strip()])


def lifetime_charts_of(path: Path) -> list[str]:
    outputs = [output for cell in cells_of(path, "code") for output in cell.outputs]
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    pictures = [b64decode(found).decode() for found in re.findall(r'base64,([^"]+)', html)]
    return [picture for picture in pictures if 'class="lifetimes"' in picture]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """All notebooks executed once more, in another folder."""
    from steps.workbook.reading.notebooks import execute

    folder = tmp_path_factory.mktemp("notebooks")
    copies = [Path(shutil.copy(path, folder)) for path in RUNNABLE]
    return execute(copies), folder


def test_every_cell_of_every_notebook_runs(executed: tuple[int, Path]) -> None:
    assert executed[0] == 0


@notebooks
def test_it_comes_out_as_it_was_committed(
    path: Path, executed: tuple[int, Path], tmp_path: Path
) -> None:
    """To the byte in continuous integration. Elsewhere an editor may have added its notes."""
    from steps.workbook.reading.notebooks import normalise

    if path not in RUNNABLE:
        pytest.skip("this system has no fork: run the tests on Linux or macOS")
    kept = Path(shutil.copy(path, tmp_path))
    if "CI" not in os.environ:
        normalise(kept)

    again = (executed[1] / path.name).read_text(encoding="utf-8").splitlines()

    assert again == kept.read_text(encoding="utf-8").splitlines(), (
        "If you changed it: make notebooks. If you only ran it: git restore notebooks."
    )


@notebooks
def test_it_has_the_length_of_one_sitting(path: Path) -> None:
    assert 8 <= len(cells_of(path, "markdown")) <= 20
    assert 6 <= len(cells_of(path, "code")) <= 15


@notebooks
def test_its_paragraphs_are_short(path: Path) -> None:
    words = [words_of(cell) for cell in cells_of(path, "markdown")]

    assert 25 <= median(words) <= 45
    assert max(words) <= 120


@notebooks
def test_its_code_cells_are_short_and_show_what_they_do(path: Path) -> None:
    cells = cells_of(path, "code")

    assert median(map(lines_of, cells)) <= 5
    assert max(map(lines_of, cells)) <= 20
    assert sum(bool(cell.outputs) or "assert " in cell.source for cell in cells) >= 0.7 * len(cells)


@notebooks
def test_it_explains_before_it_goes_on(path: Path) -> None:
    kinds = [cell.cell_type for cell in all_cells_of(path)]

    assert kinds[0] == "markdown"
    assert max(len(list(run)) for kind, run in groupby(kinds) if kind == "code") <= 2


@notebooks
def test_its_title_is_a_question_and_its_pictures_speak(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.match(r"# .+\?$", cells_of(path, "markdown")[0].source.splitlines()[0])
    assert text.count("<img ") == text.count(" alt=")


@notebooks
def test_its_lifetime_charts_are_small(path: Path) -> None:
    rows = [chart.count('class="life ') for chart in lifetime_charts_of(path)]

    assert all(0 < number <= 20 for number in rows)


def test_most_notebooks_show_a_lifetime_chart() -> None:
    charts = [len(lifetime_charts_of(path)) for path in NOTEBOOKS]

    assert sum(number > 0 for number in charts) > len(NOTEBOOKS) / 2


@notebooks
def test_no_output_depends_on_the_machine(path: Path) -> None:
    outputs = "\n".join(str(cell.outputs) for cell in cells_of(path, "code"))

    assert not re.findall(r"127\.0\.0\.1:\d{4,}|0x[0-9a-f]{8,}|/tmp/|/home/|site-packages", outputs)
    assert "'name': 'stderr'" not in outputs
