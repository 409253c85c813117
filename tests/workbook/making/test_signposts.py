"""A notebook says where it stands, and leads on."""

import json
import re
from pathlib import Path

import pytest

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.making.signposts import with_signposts

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def texts_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


@notebooks
def test_its_signposts_are_those_of_the_catalogue(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == with_signposts(path), "Run: make fix"


@notebooks
def test_it_begins_with_where_one_is_and_ends_with_what_comes_next(path: Path) -> None:
    first, *_, last = texts_of(path)

    assert first.splitlines()[2].startswith("Path: ")
    assert f"**{path.name.partition('_')[0].upper()}**" in first.splitlines()[2]
    assert last.splitlines()[-1].startswith("**Next:** ")


@notebooks
def test_its_links_lead_to_files_that_are_there(path: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(texts_of(path)))
    files = [link for link in links if "://" not in link]

    assert len(files) >= len(STEPS)
    assert all((path.parent / file).exists() for file in files)
