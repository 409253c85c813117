"""A new step: a copy of an earlier one under the next number, known to all who must know it."""

import ast
import re
import tomllib
from dataclasses import replace
from pathlib import Path

from steps.workbook.catalogue import PROJECT, STEPS, USUAL_BUDGET, Step, find_step
from steps.workbook.making import table
from steps.workbook.making.todo import listed
from steps.workbook.making.writing import CannotMake, all_or_nothing

CATALOGUE = PROJECT / "steps" / "workbook" / "catalogue.py"
CONTRACTS = PROJECT / "pyproject.toml"

INIT = '''\
"""TODO: say in one sentence what this step claims."""

NUMBER = {number}
'''

ENTRY = """\
    Step(
        {step.number},
        "{step.name}",
        idea="{step.idea}",
        repairs="{step.repairs}",
        flaw="{step.flaw}",
        follows={step.follows},
        look="{step.look}",
{traits}    ),
"""

TESTS = '''\
"""Step {step.number:02}: TODO: what it claims, as its __init__.py says it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database
from steps.workbook.world.singletons import own_singletons

STEP = find_step({step.number})


@pytest.fixture
def app() -> Iterator[FastAPI]:
    with new_database(), own_singletons(STEP):
        yield STEP.create_app()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def test_it_answers_with_its_own_number(client: TestClient) -> None:
    assert client.get("/health").json() == {{"step": {step.number}, "database": "ok"}}


# TODO: a test for each thing that is newly true

# What remains

# TODO: test_flaw_..., for the flaw that the step leaves
'''


def new_step(after: str, name: str) -> int:
    """Copy a step to the next number and tell where its author goes on. Returns the exit code.

    Raises UnknownStep, and CannotMake for a name that cannot be; then nothing is written.
    """
    before = find_step(after)
    step = _step_after(before, name)
    tests = PROJECT / "tests" / "steps" / f"test_{step.name}.py"
    with all_or_nothing() as changes:
        if step.has("__init__"):  # a folder of stale .pyc files is in nobody's way
            raise CannotMake(f"{step.folder.name} is there already.")
        for path in sorted(before.folder.glob("*.py")):
            text = path.read_text(encoding="utf-8").replace(before.package, step.package)
            changes.create(step.folder / path.name, text)
        changes.change(step.folder / "__init__.py", INIT.format(number=step.number))
        changes.create(tests, TESTS.format(step=step))
        changes.change(CATALOGUE, _in_catalogue(CATALOGUE.read_text(encoding="utf-8"), step))
        contracts = CONTRACTS.read_text(encoding="utf-8")
        changes.change(CONTRACTS, _in_contracts(contracts, before, step))
        readme = table.README.read_text(encoding="utf-8")
        changes.change(table.README, table.with_steps(readme, (*STEPS, step)))
    _tell(before, step, changes.files)
    return 0


def _step_after(before: Step, name: str) -> Step:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise CannotMake(f"{name!r} is no name: use a to z, 0 to 9 and _, as in NAME=my_idea.")
    for known in STEPS:
        if known.name.split("_", 2)[2] == name:
            raise CannotMake(f"There is a step of that name: {known.name}.")
    number = STEPS[-1].number + 1
    return replace(
        before,
        number=number,
        name=f"step_{number:02}_{name}",
        idea="TODO: the new idea, in a few words",
        repairs=f"TODO: the flaw of step {before.number:02} that it repairs",
        flaw="TODO: the flaw that it leaves",
        follows=before.number,
        look="TODO: what one sees in the lifetimes of its objects.",
        part="further",
        most_added=USUAL_BUDGET,
        reason="",
    )


def _in_catalogue(text: str, step: Step) -> str:
    """Return the catalogue's source with an entry at the end of STEPS."""
    lines = text.splitlines(keepends=True)
    end = _end_of_steps(text) - 1
    if lines[end].strip() != ")":
        raise CannotMake(f"{CATALOGUE.name}: STEPS must end with a ) on a line of its own.")
    return "".join([*lines[:end], ENTRY.format(step=step, traits=_traits_of(step)), *lines[end:]])


def _end_of_steps(text: str) -> int:
    """Return the number of the line where STEPS ends, counted from 1."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STEPS":
            return node.end_lineno or node.lineno
    raise CannotMake(f"{CATALOGUE.name} has no STEPS.")


def _traits_of(step: Step) -> str:
    usual = Step(0, "", "", "", "", None)
    return "".join(
        f"        {trait}={getattr(step, trait)!r},\n".replace("'", '"')
        for trait in ("transaction", "is_async")
        if getattr(step, trait) != getattr(usual, trait)
    )


def _in_contracts(text: str, before: Step, step: Step) -> str:
    """Return pyproject.toml with the step in the layers, and in what its copy takes part in."""
    text = text.replace(f' | {STEPS[-1].name}",', f' | {STEPS[-1].name} | {step.name}",')
    text = text.replace(f'"{before.package}"', f'"{before.package}", "{step.package}"')
    ignored = re.findall(rf'^ *"{before.package}\..* -> .*",\n', text, re.MULTILINE)
    for line in ignored:
        text = text.replace(line, line + line.replace(before.package, step.package))
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    if not any(step.name in layer for c in contracts for layer in c.get("layers", ())):
        raise CannotMake(f"{CONTRACTS.name}: the steps' layer must end with {STEPS[-1].name}.")
    return text


def _tell(before: Step, step: Step, files: list[Path]) -> None:
    print(f"Step {step.number} is a copy of step {before.number}, in steps/{step.name}. To do:")
    print(listed(path for path in files if path.suffix == ".py"))
    print(f"Change it, and see what you changed: make diff STEP={step.number}")
    print("Check its form, and write README's table anew: make fix check")
    print(f"Check its behaviour: pytest tests/contract tests/steps -k step_{step.number:02}")
