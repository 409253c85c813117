"""Appendix A: what is often said, and what happens, from the tests that show it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from steps.workbook.catalogue import PROJECT, find_step
from steps.workbook.making.signposts import following, where
from steps.workbook.reading.notebooks import KERNEL, LIVE, normalise

FILE = PROJECT / "notebooks" / "a_often_said.ipynb"

INTRODUCTION = """\
# Appendix A · What is often said, and does it hold?

{where}

For the day when an article, a colleague or a review comment says how dependency injection works.
{number} claims stand here, each with what happens, under which conditions, and the test that shows
it. Nobody has to read this from the top: search the page for a word.

| verdict | meaning |
|---|---|
| **holds** | It is so. |
| **held until** a release | It was so, up to this release of FastAPI: [history](history.md). |
| **never held** | It is not so. |
| **depends** | It is so under a condition, which the answer names. |

The page is made from the tests: a claim without a passing test cannot stand here. Run one: copy
its words from the last column. `pytest -m often_said` runs them all."""

HEAD = ("| often said | verdict | what happens | test |", "|---|---|---|---|")

ONE_TEST = """\
from steps.workbook.kit import run_tests
from steps.workbook.making.register import find_test

TEST = "{words}"
run_tests(*find_test(TEST))"""


@dataclass(frozen=True)
class Claim:
    """What people say, and the test that shows what happens."""

    said: str
    verdict: str
    answer: str
    step: int
    file: Path
    test: str

    @property
    def words(self) -> str:
        """The name of the test, in words: a table can break it."""
        return self.test.removeprefix("test_").replace("_", " ")

    @property
    def row(self) -> str:
        link = f"[{self.words}](../{self.file.as_posix()})"
        cells = (self.said, f"**{self.verdict}**", self.answer, link)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def all_claims() -> list[Claim]:
    """Return the claims that stand at tests, by step, in the order of files and tests."""
    files = sorted((PROJECT / "tests").rglob("test_*.py"))
    return sorted((claim for file in files for claim in _claims_in(file)), key=lambda c: c.step)


def find_test(words: str) -> tuple[str, str]:
    """Return the file and the name of a claim's test, for `run_tests`. Raises LookupError."""
    for claim in all_claims():
        if claim.words == words.strip():
            return claim.file.as_posix(), claim.test
    raise LookupError(f"no claim has the test {words!r}")


def _claims_in(file: Path) -> Iterator[Claim]:
    text = file.read_text(encoding="utf-8")
    if "@often_said" not in text:
        return
    for node in ast.parse(text).body:
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "often_said":
                said, verdict, answer = map(ast.literal_eval, call.args)
                (step,) = (ast.literal_eval(option.value) for option in call.keywords)
                name = str(getattr(node, "name", ""))
                yield Claim(said, verdict, answer, step, file.relative_to(PROJECT), name)


def cells() -> list[tuple[str, str]]:
    """Return the notebook's cells: kind and source."""
    claims = all_claims()
    example = min(claims, key=lambda claim: len(claim.words))  # it fits into a line
    found = [
        ("markdown", INTRODUCTION.format(where=where(FILE), number=len(claims))),
        ("code", KERNEL.strip()),
        ("code", ONE_TEST.format(words=example.words)),
    ]
    for step, group in groupby(claims, key=lambda claim: claim.step):
        rows = [claim.row for claim in group]
        title = f"## {step:02} · {find_step(step).idea}"
        found.append(("markdown", "\n".join([title, "", *HEAD, *rows])))
    return [*found, ("markdown", f"## Further\n\n{following(FILE)}")]


def write_register() -> int:
    """Write the notebook; what code printed before stays. Returns the exit code."""
    import nbformat  # takes a second, and the other commands do not need it

    printed = _outputs()
    notebook: Any = nbformat.v4.new_notebook()
    for kind, source in cells():
        if kind == "markdown":
            notebook.cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            cell = nbformat.v4.new_code_cell(source, outputs=printed.get(source, []))
            cell.metadata["tags"] = [LIVE]
            notebook.cells.append(cell)
    nbformat.write(notebook, FILE)
    normalise(FILE)
    return 0


def _outputs() -> dict[str, list[Any]]:
    """Return what each cell of the notebook has printed, by its source."""
    if not FILE.exists():
        return {}
    import nbformat

    notebook: Any = nbformat.read(FILE, as_version=4)
    return {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
