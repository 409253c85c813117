"""The rules that keep the difference between two steps down to one idea."""

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from steps.workbook.catalogue import PROJECT, STEPS, Step, UnknownStep, find_step
from steps.workbook.exercising.copying import copy_project
from steps.workbook.reading.sources import compare

MOST_ADDED_LINES = {3: 60, 4: 120, 5: 80, 6: 75, 7: 80, 8: 240, 9: 330}  # README says why
USUALLY_MOST_ADDED_LINES = 40
MOST_LINES_OF_A_FILE = 70

FILES = [path for step in STEPS for path in sorted(step.folder.glob("*.py"))]


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return names | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def test_the_catalogue_knows_every_step() -> None:
    folders = {path.name for path in (PROJECT / "steps").glob("step_*") if path.is_dir()}

    assert {step.name for step in STEPS} == folders
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_of_a_step_is_short_claims_something_and_imports_no_other_step(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    others = {step.package for step in STEPS} - {f"steps.{path.parent.name}"}

    assert len(text.splitlines()) <= MOST_LINES_OF_A_FILE
    assert len((ast.get_docstring(ast.parse(text)) or "").splitlines()) == 1
    assert not {name for name in imports_of(path) if name.startswith(tuple(others))}


@pytest.mark.parametrize(("before", "after"), list(pairwise(STEPS)), ids=lambda step: step.name)
def test_a_step_adds_few_lines_to_the_one_before(before: Step, after: Step) -> None:
    most = MOST_ADDED_LINES.get(after.number, USUALLY_MOST_ADDED_LINES)

    assert 0 < compare(before, after).added <= most


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_steps_number_is_the_one_in_its_name(step: Step) -> None:
    text = (step.folder / "__init__.py").read_text(encoding="utf-8")

    assert f"NUMBER = {step.number}\n" in text
    assert step.name.startswith(f"step_{step.number:02}_")


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Check a copy of the steps with the exercises as at the start: yours may be broken."""
    copy_project(folder)
    linter = Path(sys.executable).with_name(
        "lint-imports.exe" if sys.platform == "win32" else "lint-imports"
    )
    command = [str(linter), "--no-logo", "--no-cache", *arguments]
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, encoding="utf-8", cwd=folder, check=False
    )


def test_the_layers_hold(tmp_path: Path) -> None:
    """Runs import-linter on the contracts in pyproject.toml."""
    run = lint_imports(tmp_path, "--config", str(PROJECT / "pyproject.toml"))

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("contract", ["use-cases", "web-layer"])
def test_steps_01_to_03_break_what_later_steps_keep(contract: str, tmp_path: Path) -> None:
    """The same contract without the list of the imports that it ignores."""
    contracts = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    strict = tmp_path / "strict" / "pyproject.toml"
    strict.parent.mkdir()
    strict.write_text(
        re.sub(r"ignore_imports = \[.*?\n\]", "", contracts, flags=re.DOTALL), "utf-8"
    )

    run = lint_imports(tmp_path, "--config", str(strict), "--contract", contract)

    assert run.returncode == 1, run.stdout
    assert set(re.findall(r"steps\.(step_\d\d)_\w+\.\w+ -> ", run.stdout)) == {
        "step_01",
        "step_02",
        "step_03",
    }


@pytest.mark.parametrize("number", ["", "0", "99", "three", "3.5", "-1"])
def test_a_step_that_does_not_exist_gets_one_line_with_those_that_do(number: str) -> None:
    with pytest.raises(UnknownStep) as caught:
        find_step(number)

    assert "\n" not in str(caught.value)
    assert all(step.name in str(caught.value) for step in STEPS)


@pytest.mark.parametrize("number", ["3", "03", " 3 ", 3])
def test_a_step_is_found_by_its_number(number: int | str) -> None:
    assert find_step(number).number == 3
