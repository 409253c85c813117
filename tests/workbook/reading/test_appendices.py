"""The appendices are looked up: each begins with its questions, and each section has one place."""

import ast
import builtins
import re
from pathlib import Path
from statistics import median

import pytest

from steps.workbook.making.register import FILE as REGISTER
from steps.workbook.making.signposts import APPENDIX, FOLDER, NEXT, WHERE
from tests.workbook.reading.fresh_namespaces import cells_in, is_code, texts_in

APPENDICES = [path for path in sorted(FOLDER.glob(APPENDIX)) if path != REGISTER]
"""The register is made from the tests, in a form of its own."""

HEADING = re.compile(r"^## (\d+) · (.+)$", re.MULTILINE)
BELONGS = re.compile(r"Belongs to \[\d\d\]\(\d\d_\w+\.ipynb\)")

appendices = pytest.mark.parametrize("path", APPENDICES, ids=lambda path: path.stem)


def sections_of(path: Path) -> dict[str, str]:
    """Return the text and the code of each section, by its heading."""
    headings = HEADING.findall("\n\n".join(texts_in(path)))
    everything = "\n\n".join(cell["source"] for cell in cells_in(path))
    parts = HEADING.split(everything)[3::3]
    return {question: part for (_, question), part in zip(headings, parts, strict=True)}


def names_missing_in(source: str) -> set[str]:
    """Return what a cell uses and neither imports nor defines."""
    bound, used = {"display"}, set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return used - bound - set(vars(builtins))


@appendices
def test_its_title_is_a_question_and_it_has_at_most_thirty_cells(path: Path) -> None:
    title = texts_in(path)[0].splitlines()[0]

    assert re.fullmatch(rf"# Appendix {path.name[0].upper()} · .+\?", title)
    assert len(cells_in(path)) <= 30


@appendices
def test_its_table_of_contents_has_a_row_for_each_section(path: Path) -> None:
    rows = re.findall(r"^\| (.+\?) \| (\d+) \|$", texts_in(path)[0], re.MULTILINE)
    sections = HEADING.findall("\n\n".join(texts_in(path)))

    assert rows == [(question, number) for number, question in sections]
    assert [int(number) for number, _ in sections] == list(range(1, len(sections) + 1))


@appendices
def test_each_section_leads_back_to_its_step_and_says_what_to_do_at_work(path: Path) -> None:
    sections = sections_of(path)

    assert [question for question, part in sections.items() if not BELONGS.search(part)] == []
    assert [question for question, part in sections.items() if "**At work:** " not in part] == []


@appendices
def test_each_section_shows_something(path: Path) -> None:
    shown = 0
    for cell in cells_in(path):
        if cell["cell_type"] == "markdown" and HEADING.search(cell["source"]):
            assert shown > 0 or "## 1 · " in cell["source"], cell["source"]
            shown = 0
        elif is_code(cell):
            assert cell["outputs"], cell["source"]
            shown += 1
    assert shown > 0


@appendices
def test_each_cell_runs_alone(path: Path) -> None:
    """Whoever looks something up runs one cell, after the one that finds the kernel."""
    missing = {
        cell["source"]: names_missing_in(cell["source"]) for cell in cells_in(path) if is_code(cell)
    }

    assert {source: names for source, names in missing.items() if names} == {}


def test_a_name_that_another_cell_defines_is_known_when_it_is_used() -> None:
    assert names_missing_in("import a.b\nprint(a, b)") == {"b"}
    assert names_missing_in("def f(x): return [y for y in x]\nf(z)") == {"z"}


@appendices
def test_its_paragraphs_are_short(path: Path) -> None:
    paragraphs = [part for text in texts_in(path) for part in re.split(r"\n{2,}|\n(?=- )", text)]
    words = [
        len(part.split()) for part in paragraphs if not part.startswith((WHERE, NEXT, "#", "|"))
    ]

    assert median(words) < 50
    assert max(words) <= 90
