"""An appendix is looked up: its sections are found from its top, and lead back to a step."""

import re
from pathlib import Path

import pytest

from steps.workbook.making.register import FILE as REGISTER
from steps.workbook.making.signposts import APPENDIX, FOLDER
from tests.workbook.reading.fresh_namespaces import cells_in

APPENDICES = [path for path in sorted(FOLDER.glob(APPENDIX)) if path != REGISTER]
"""The register is made from the tests, with a section for each step."""

appendices = pytest.mark.parametrize("path", APPENDICES, ids=lambda path: path.stem)


def text_of(path: Path) -> str:
    texts = [cell["source"] for cell in cells_in(path) if cell["cell_type"] == "markdown"]
    return "\n\n".join(texts)


@appendices
def test_its_table_of_contents_names_its_sections(path: Path) -> None:
    text = text_of(path)
    listed = re.findall(r"^\| (.+\?) \| (\d+) \|$", text, re.MULTILINE)
    sections = re.findall(r"^## (\d+) · (.+)$", text, re.MULTILINE)

    assert [(number, question) for question, number in listed] == sections
    assert len(sections) >= 5


@appendices
def test_each_section_leads_back_to_its_step(path: Path) -> None:
    _, *sections = re.split(r"^## ", text_of(path), flags=re.MULTILINE)

    assert [s for s in sections if not re.search(r"\[0\d\]\(0\d_\w+\.ipynb\)", s)] == []


@appendices
def test_it_has_at_most_thirty_cells(path: Path) -> None:
    assert len(cells_in(path)) <= 30
