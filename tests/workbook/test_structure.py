"""The rules that keep the difference between two steps down to one idea."""

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from steps.workbook.catalogue import (
    PROJECT,
    STEPS,
    USUAL_BUDGET,
    Step,
    UnknownStep,
    find_step,
)
from steps.workbook.exercising.copying import copy_project
from steps.workbook.making.todo import todos
from steps.workbook.reading.sources import changes_of

MOST_LINES_OF_A_FILE = 75

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
    folders = {path.parent.name for path in (PROJECT / "steps").glob("step_*/__init__.py")}

    assert {step.name for step in STEPS} == folders
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_of_a_step_is_short_claims_something_and_imports_no_other_step(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    others = {step.package for step in STEPS} - {f"steps.{path.parent.name}"}

    assert len(text.splitlines()) <= MOST_LINES_OF_A_FILE
    assert len((ast.get_docstring(ast.parse(text)) or "").splitlines()) == 1
    assert not {name for name in imports_of(path) if name.startswith(tuple(others))}


following_steps = pytest.mark.parametrize(
    "step", [step for step in STEPS if step.follows], ids=lambda step: step.name
)


def test_one_step_follows_none_and_every_other_one_an_earlier_one() -> None:
    assert [step.number for step in STEPS if not step.follows] == [STEPS[0].number]
    assert all(step.before.number < step.number for step in STEPS if step.before)


def test_the_path_comes_before_what_goes_further() -> None:
    parts = [step.part for step in STEPS]

    assert parts == sorted(parts, key=["path", "further"].index)


@following_steps
def test_a_step_adds_no_more_lines_than_its_budget(step: Step) -> None:
    changes = changes_of(step)

    assert changes
    assert changes.added <= step.most_added


@following_steps
def test_a_budget_beyond_the_usual_one_has_a_reason(step: Step) -> None:
    assert step.most_added >= USUAL_BUDGET
    assert bool(step.reason) == (step.most_added > USUAL_BUDGET)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@following_steps
def test_git_shows_the_same_difference(step: Step, tmp_path: Path) -> None:
    """Line by line: a step imports its own modules relatively, so nothing needs to be hidden."""
    assert step.before
    folders = [step.before.name, step.name]
    for name in folders:
        shutil.copytree(PROJECT / "steps" / name, tmp_path / name, ignore=IN_NO_DIFFERENCE)
    options = ("--no-index", "--no-renames", "--no-prefix", "--diff-algorithm=histogram")
    command = ["git", "diff", "--no-color", "--no-ext-diff", *options, *folders]
    output = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8", check=False
    ).stdout
    changes = changes_of(step)
    assert changes

    assert changed_lines(changes.lines) == changed_lines(output.splitlines())


IN_NO_DIFFERENCE = shutil.ignore_patterns("__init__.py", "__pycache__")


def changed_lines(difference: Iterable[str]) -> dict[str, Counter[str]]:
    """Return what is added and removed in each file, without its order: a hunk may slide."""
    lines: defaultdict[str, Counter[str]] = defaultdict(Counter)
    file = ""
    for line in difference:
        if re.match(r"(---|\+\+\+) ", line):
            file = file if line.endswith("/dev/null") else line.rpartition("/")[2]
        elif line[:1] in ("+", "-") and line[1:].strip():
            lines[file][line] += 1
    return lines


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


@pytest.mark.parametrize(
    ("contract", "breaking"), [("use-cases", {1, 2, 3}), ("web-layer", {1, 2, 3, 4})]
)
def test_early_steps_break_what_later_ones_keep(
    contract: str, breaking: set[int], tmp_path: Path
) -> None:
    """The same contract without the list of the imports that it ignores."""
    contracts = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    strict = tmp_path / "strict" / "pyproject.toml"
    strict.parent.mkdir()
    strict.write_text(
        re.sub(r"ignore_imports = \[.*?\n\]", "", contracts, flags=re.DOTALL), "utf-8"
    )

    run = lint_imports(tmp_path, "--config", str(strict), "--contract", contract)

    broken_by = {find_step(n) for n in re.findall(r"steps\.step_(\d\d)_\w+\.\w+ -> ", run.stdout)}
    assert run.returncode == 1, run.stdout
    assert {step.number for step in broken_by if step.part == "path"} == breaking


@pytest.mark.parametrize("number", ["", "99", "three", "3.5", "-1", "1.0"])
def test_a_step_that_does_not_exist_gets_one_line_with_those_that_do(number: str) -> None:
    with pytest.raises(UnknownStep, match=f": {STEPS[0].number} to {STEPS[-1].number}") as caught:
        find_step(number)

    assert len(str(caught.value)) <= 80
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["0", "00", 0])
def test_who_wants_step_00_is_led_to_its_notebook_and_to_the_first_step(number: int | str) -> None:
    with pytest.raises(UnknownStep) as caught:
        find_step(number)

    (notebook,) = (PROJECT / "notebooks").glob("00_*.ipynb")
    assert f"notebooks/{notebook.name}." in str(caught.value)
    assert f"STEP={STEPS[0].number}." in str(caught.value)
    assert len(str(caught.value)) <= 80


@pytest.mark.parametrize("number", ["3", "03", " 3 ", 3])
def test_a_step_is_found_by_its_number(number: int | str) -> None:
    assert find_step(number).number == 3


def test_nothing_is_left_to_write() -> None:
    """A new step or exercise says what it needs; see CONTRIBUTING.md."""
    left = "\n".join(map(str, todos()))

    assert not left, f"There is something left to write:\n{left}"


CLIENTS = {f"httpx2.{name}" for name in ("Client", "AsyncClient", "get", "post", "stream")}
OTHER_WAYS = re.compile(
    r"^\s*(from httpx2 |(from|import) (urllib\.request|requests|http\.client)\b)", re.M
)
PAST_PROXIES = {"trust_env", "LOOPBACK", "transport"}
"""Options of clients that ask no proxy: one with a transport of its own has none."""


def clients_in(text: str) -> Iterable[tuple[str, set[str]]]:
    """Yield each call that makes a client, or is given what makes one, with its options."""
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and CLIENTS & set(map(ast.unparse, [call.func, *call.args])):
            options = {option.arg or ast.unparse(option.value) for option in call.keywords}
            yield ast.unparse(call), options


def test_no_client_asks_a_proxy() -> None:
    """Only the test of the proxies makes some that would.

    What runs in old releases has the standard library's client, which knows no proxies.
    """
    files = [*(PROJECT / "steps").rglob("*.py"), *(PROJECT / "tests").rglob("*.py")]
    others = {"test_proxies.py", "history_programs.py"}
    texts = [path.read_text(encoding="utf-8") for path in files if path.name not in others]
    clients = [client for text in texts if "httpx2" in text for client in clients_in(text)]

    assert [call for call, options in clients if not options & PAST_PROXIES] == []
    assert [text for text in texts if OTHER_WAYS.search(text)] == []
    assert clients


ROOMS = PROJECT / "steps" / "workbook"

OF_SEVERAL_MODULES = {
    "each kind of picture has its own": {"draw", "describe"},
    "parts of the little apps and programs that experiments are about": {
        *("UserService", "get_engine", "get_hasher", "get_session", "get_settings", "lifespan"),
    },
    "four programs that do the same, each put together in its own way": {"Summary", "run"},
}
"""Public functions and classes that more than one module may define, by the reason for it."""


def test_a_name_of_the_workbook_means_one_thing() -> None:
    """The commands bear the names of what they call."""
    modules: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOMS.rglob("*.py")):
        if path != ROOMS / "__main__.py":
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    modules[node.name].append(path.relative_to(ROOMS).as_posix())
    allowed = set().union(*OF_SEVERAL_MODULES.values())

    assert {
        name: paths
        for name, paths in modules.items()
        if len(paths) > 1 and not name.startswith("_") and name not in allowed
    } == {}


def test_a_module_of_the_workbook_has_a_name_of_its_own() -> None:
    names = Counter(path.stem for path in ROOMS.rglob("*.py") if path.stem != "__init__")

    assert [name for name, count in names.items() if count > 1] == []


def test_every_experiment_is_for_a_notebook_or_for_a_claim() -> None:
    """An experiment of another one counts: each module is imported by what readers see."""
    notebooks = [path.read_text(encoding="utf-8") for path in PROJECT.glob("notebooks/*.ipynb")]
    tests = [path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py")]
    seen = "\n".join([*notebooks, *(text for text in tests if "@often_said" in text)])
    modules = {
        path.stem: path.read_text(encoding="utf-8")
        for path in (ROOMS / "experiments").rglob("*.py")
        if path.stem != "__init__"
    }
    reached = {name for name in modules if re.search(rf"\b{name}\b", seen)}
    while more := {
        name
        for name in modules.keys() - reached
        if any(re.search(rf"\b{name}\b", modules[other]) for other in reached)
    }:
        reached |= more

    assert modules.keys() - reached == set()
