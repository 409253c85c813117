"""Every notebook runs, comes out as it was committed, and keeps the form that makes it readable."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.making.signposts import NEXT, WHERE
from steps.workbook.reading.notebooks import KERNEL
from steps.workbook.reading.sources import MOST_LINES
from steps.workbook.reading.tables import WIDTH
from tests.dead_proxies import set_dead_proxies

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

RUNNABLE = [path for path in NOTEBOOKS if hasattr(os, "fork") or path.stem != "12_worker"]
"""Notebook 12 shows what a fork does, which Windows does not have."""

FIRST_EDITION = [
    path
    for path in NOTEBOOKS
    for step in STEPS
    if step.part == "further" and path.name.startswith(f"{step.number:02}_")
]
"""In the form that those of the path had, too. See test_path_notebooks for theirs."""

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
first_edition = pytest.mark.parametrize("path", FIRST_EDITION, ids=lambda path: path.stem)


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
    """Count what there is to read: the first lines are the same everywhere."""
    source = cell.source.removeprefix(KERNEL)
    return len([line for line in source.splitlines() if line.strip()])


def lifetime_charts_of(path: Path) -> list[str]:
    outputs = [output for cell in cells_of(path, "code") for output in cell.outputs]
    html = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    first = r'position: relative[^>]*><img [^>]*base64,([^"]+)'  # below its covers of one theme
    pictures = [b64decode(found).decode() for found in re.findall(first, html)]
    return [picture for picture in pictures if 'class="lifetimes"' in picture]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """All notebooks executed once more, in another folder.

    By somebody whose Jupyter knows another kernel and whose shell names proxies that lead nowhere.
    """
    from steps.workbook.reading.notebooks import execute

    folder, jupyter = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    copies = [Path(shutil.copy(path, folder)) for path in RUNNABLE]
    kernel = jupyter / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    another = {"argv": [sys.executable, "-c", ""], "display_name": "Another", "language": "python"}
    kernel.write_text(json.dumps(another), encoding="utf-8")
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_dead_proxies(monkeypatch)
        monkeypatch.setenv("JUPYTER_PATH", str(jupyter))
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


@first_edition
def test_it_has_the_length_of_one_sitting(path: Path) -> None:
    assert 8 <= len(cells_of(path, "markdown")) <= 20
    assert 6 <= len(cells_of(path, "code")) <= 15


@notebooks
def test_it_begins_with_the_kernel(path: Path) -> None:
    assert cells_of(path, "code")[0].source.startswith(KERNEL.strip())


@pytest.mark.parametrize(
    ("folder", "installed", "cause"),
    [
        ("notebooks", "", "No module named 'steps'"),
        (".", "", "No package metadata was found for fastapi"),
        (".", "0.1.0", f"fastapi is 0.1.0, not {version('fastapi')}"),
    ],
    ids=["without the steps", "without FastAPI", "with another FastAPI"],
)
def test_a_kernel_that_is_not_the_projects_says_in_one_line_which_one_to_pick(
    folder: str, installed: str, cause: str, tmp_path: Path
) -> None:
    """Python without its packages is such a one. JupyterLab and VS Code start in either folder."""
    if installed:
        metadata = tmp_path / f"fastapi-{installed}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Name: fastapi\nVersion: {installed}\n", encoding="utf-8")
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-S", "-c", KERNEL],
        cwd=PROJECT / folder,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )

    assert run.stderr == f"{cause}: pick the kernel .venv at the top right, or run make lab\n"
    assert run.returncode == 1


@first_edition
def test_its_paragraphs_are_short(path: Path) -> None:
    words = [words_of(cell) for cell in cells_of(path, "markdown")]

    assert 25 <= median(words) <= 45
    assert max(words) <= 120


@first_edition
def test_its_code_cells_are_short_and_show_what_they_do(path: Path) -> None:
    cells = cells_of(path, "code")

    assert median(map(lines_of, cells)) <= 5
    assert max(map(lines_of, cells)) <= 20
    assert sum(bool(cell.outputs) or "assert " in cell.source for cell in cells) >= 0.7 * len(cells)


@first_edition
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
    """Of those that are read in order. There is none where objects live as in the step before."""
    numbered = [path for path in NOTEBOOKS if path.name[0].isdigit()]
    with_a_chart = [path for path in numbered if lifetime_charts_of(path)]

    assert len(with_a_chart) > len(numbered) / 2


def texts_of(path: Path) -> list[str]:
    """Return what the outputs say in plain text. Differences stand as in the files."""
    texts = []
    for output in (output for cell in cells_of(path, "code") for output in cell.outputs):
        data = output.get("data", {})
        is_code = data.get("text/markdown", "").startswith("```")
        texts.append(output.get("text", "" if is_code else data.get("text/plain", "")))
    return texts


def listings_of(path: Path) -> list[tuple[str, str]]:
    """Return the code that each listing shows at once, and the rest of it."""
    outputs = [output for cell in cells_of(path, "code") for output in cell.outputs]
    shown = [output.get("data", {}).get("text/markdown", "") for output in outputs]
    parts = [text.partition("<details>") for text in shown if text.startswith("```python")]
    return [(first, rest) for first, _, rest in parts]


def is_raw(line: str) -> bool:
    """Tell whether a line ends with a dictionary or a tuple of more than three things."""
    for bracket in re.finditer(r"[{(]", line):
        try:
            found = ast.parse(line[bracket.start() :].strip(), mode="eval").body
        except (SyntaxError, ValueError):
            continue
        entries = found.keys if isinstance(found, ast.Dict) else getattr(found, "elts", [])
        if len(entries) > 3:
            return True
    return False


def test_a_raw_dictionary_is_known_when_it_is_seen() -> None:
    assert is_raw("seen: {'a': 1, 'b': 2, 'c': 3, 'd': 4}")
    assert is_raw("(1, 2, 3, 4)")
    assert not is_raw("seen: {'a': 1, 'b': 2, 'c': 3}")
    assert not is_raw("a: 1, b: 2, c: 3, d: 4")


@notebooks
def test_its_outputs_are_narrow_and_show_no_raw_dictionary(path: Path) -> None:
    lines = [line for text in texts_of(path) for line in text.splitlines()]

    assert [line for line in lines if len(line) > WIDTH] == []
    assert [text for text in (*texts_of(path), *lines) if is_raw(text)] == []


@notebooks
def test_its_listings_are_narrow_and_folded_and_say_nothing_to_linters(path: Path) -> None:
    for first, rest in listings_of(path):
        lines = f"{first}\n{rest}".splitlines()
        assert [line for line in lines if len(line) > WIDTH] == []
        assert not re.search(r"# (type: ignore|noqa|fmt: )", first + rest)
        assert len(first.strip().splitlines()) <= MOST_LINES + 2  # its fences
        assert rest.count("```") == (2 if rest else 0)


@notebooks
def test_no_output_depends_on_the_machine(path: Path) -> None:
    outputs = "\n".join(str(cell.outputs) for cell in cells_of(path, "code"))

    assert not re.findall(r"127\.0\.0\.1:\d{4,}|0x[0-9a-f]{8,}|/tmp/|/home/|site-packages", outputs)
    assert "'name': 'stderr'" not in outputs
