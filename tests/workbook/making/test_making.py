"""What `make new-step` and `make new-exercise` make keeps the form, and runs.

In a copy of the project, each time a fresh one.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from steps.workbook.catalogue import STEPS, find_step
from steps.workbook.exercising.copying import WHOLE, copy_project
from steps.workbook.exercising.exercises import all_exercises
from steps.workbook.making.writing import CannotMake, all_or_nothing

FORM = ("tests/workbook/test_structure.py", "tests/workbook/test_readme.py")
NEXT = STEPS[-1].number + 1
CHECK_OF_TODOS = "test_nothing_is_left_to_write"


@dataclass
class Contributor:
    """Somebody with a copy of the project and a terminal."""

    project: Path

    def run(self, *module: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", *module],
            cwd=self.project,
            env={**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def make(self, *command: str) -> str:
        """Run a command that works; return what it says."""
        run = self.run("steps.workbook", *command)
        assert (run.returncode, run.stderr) == (0, "")
        assert max(map(len, run.stdout.splitlines())) <= 80
        return run.stdout

    def refused(self, *command: str) -> str:
        """Run a command that does not; return why, once it is clear that it wrote nothing."""
        before = self.files()
        run = self.run("steps.workbook", *command)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.count("\n") == 1
        assert self.files() == before
        return run.stderr

    def check(self, *arguments: str) -> str:
        """Run tests; return the last lines of what pytest says."""
        options = ("-q", "--no-header", "-p", "no:cacheprovider", "--tb=short")
        return self.run("pytest", *options, *arguments).stdout[-8_000:]

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.project).as_posix(): path.read_bytes()
            for path in self.project.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "project"
    copy_project(folder, WHOLE)
    return folder


@pytest.fixture
def contributor(original: Path, tmp_path: Path) -> Contributor:
    shutil.copytree(original, tmp_path / "project")
    return Contributor(tmp_path / "project")


def test_a_new_step_keeps_the_form_and_the_contract(contributor: Contributor) -> None:
    said = contributor.make("new-step", "7", "my_idea")

    name = f"step_{NEXT:02}_my_idea"
    made = contributor.project / "steps" / name
    assert {path.name for path in made.glob("*.py")} == {
        path.name for path in find_step(7).folder.glob("*.py")
    }
    assert f"steps/{name}/__init__.py\n    line 1: TODO" in said
    assert f"make diff STEP={NEXT}" in said

    form = contributor.check(*FORM, f"--deselect={FORM[0]}::{CHECK_OF_TODOS}")
    assert re.search(r"^\d+ passed(, \d+ (skipped|deselected))* in", form, re.MULTILINE), form
    assert f"tests/steps/test_{name}.py" in contributor.check(FORM[0], "-k", CHECK_OF_TODOS)

    sign_ups = ("tests/contract/test_users.py", "-k", f"step_{NEXT:02} and sign_up and process")
    for tests in ((f"tests/steps/test_{name}.py",), sign_ups):
        answer = contributor.check(*tests)
        assert re.search(r"^[1-9]\d* passed(, \d+ deselected)? in", answer, re.MULTILINE), answer


def test_a_copy_of_any_step_keeps_the_form(contributor: Contributor) -> None:
    contributor.make("new-step", str(STEPS[1].number), "my_idea")
    contributor.make("new-step", str(STEPS[-1].number), "another_idea")

    form = contributor.check(*FORM, f"--deselect={FORM[0]}::{CHECK_OF_TODOS}")
    assert re.search(r"^\d+ passed(, \d+ (skipped|deselected))* in", form, re.MULTILINE), form


def test_steps_can_follow_a_new_one(contributor: Contributor) -> None:
    contributor.make("new-step", "7", "my_idea")
    contributor.make("new-step", str(NEXT), "a_better_one")

    changes = contributor.make("diff", str(NEXT + 1))
    catalogue = (contributor.project / "steps" / "workbook" / "catalogue.py").read_text("utf-8")
    assert changes == "Nothing has changed yet.\n"
    assert f"follows={NEXT}," in catalogue


@pytest.mark.parametrize(
    ("after", "name", "reason"),
    [
        ("99", "my_idea", "Say which step"),
        ("", "my_idea", "Say which step"),
        ("7", "", "is no name"),
        ("7", "my idea", "is no name"),
        ("7", "My_idea", "is no name"),
        ("7", "../idea", "is no name"),
        ("7", "7_ideas", "is no name"),
        ("7", "async", "There is a step of that name: step_08_async"),
    ],
)
def test_a_step_that_cannot_be_is_refused(
    contributor: Contributor, after: str, name: str, reason: str
) -> None:
    assert reason in contributor.refused("new-step", after, name)


def test_a_file_in_the_way_stops_all(contributor: Contributor) -> None:
    (contributor.project / "tests" / "steps" / f"test_step_{NEXT:02}_my_idea.py").write_text("mine")

    assert "is there already" in contributor.refused("new-step", "7", "my_idea")


def test_a_catalogue_of_another_form_stops_all(contributor: Contributor) -> None:
    catalogue = contributor.project / "steps" / "workbook" / "catalogue.py"
    text = catalogue.read_text("utf-8").replace("    ),\n)\n", "    ),)\n")
    catalogue.write_text(text, "utf-8")

    assert "STEPS must end with" in contributor.refused("new-step", "7", "my_idea")


def free_step(contributor: Contributor) -> int:
    """Return a step that has a notebook and room for an exercise."""
    for step in STEPS:
        count = sum(exercise.step == step.number for exercise in all_exercises())
        name = f"{step.name.removeprefix('step_')}.ipynb"
        if count < 3 and (contributor.project / "notebooks" / name).exists():
            return step.number
    pytest.skip("every step has its exercises")


def test_a_new_exercise_keeps_the_form_and_refuses_what_it_must(contributor: Contributor) -> None:
    number = free_step(contributor)
    said = contributor.make("new-exercise", str(number), "my_question")

    key = re.search(r"Exercise (\w+) is there", said)
    assert key
    assert f"answers/wrong_2/ex_{key[1]}_my_question.py\n    line 2: TODO" in said
    for tests in (("tests/exercises/test_answers.py", "-k", f"{key[1]} or minutes"), FORM[:1]):
        answer = contributor.check(*tests, f"--deselect={FORM[0]}::{CHECK_OF_TODOS}")
        assert re.search(r"^\d+ passed(, \d+ \w+)* in", answer, re.MULTILINE), answer
    assert f"ex_{key[1]}_my_question.md:1" in contributor.check(FORM[0], "-k", CHECK_OF_TODOS)
    guide = contributor.check("tests/workbook/exercising/test_guide.py", "-k", "is_the_one")
    assert "1 passed" in guide

    shown = contributor.run("steps.workbook", "exercise", key[1])
    assert shown.returncode == 1
    assert "The answer" in shown.stdout


@pytest.mark.parametrize(
    ("step", "name", "reason"),
    [
        ("99", "my_question", "Say which step"),
        ("", "my_question", "Say which step"),
        ("2", "my_question", "Step 02 has 3 exercises"),
        ("9", "my question", "is no name"),
        ("9", "", "is no name"),
        ("9", "half_done", "There is an exercise of that name: ex_07a_half_done"),
    ],
)
def test_an_exercise_that_cannot_be_is_refused(
    contributor: Contributor, step: str, name: str, reason: str
) -> None:
    assert reason in contributor.refused("new-exercise", step, name)


def test_a_step_without_a_notebook_gets_no_exercise(contributor: Contributor) -> None:
    contributor.make("new-step", "7", "my_idea")

    said = contributor.refused("new-exercise", str(NEXT), "my_question")

    assert f"write {NEXT:02}_my_idea.ipynb first" in said


# Nothing is half made


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()])
def test_what_goes_wrong_leaves_nothing_behind(error: BaseException, tmp_path: Path) -> None:
    changed, kept = tmp_path / "changed", tmp_path / "kept"
    changed.write_bytes(b"before\r\n")
    kept.write_text("kept", "utf-8")

    def fail_at_the_end() -> None:
        with all_or_nothing() as changes:
            changes.create(tmp_path / "new" / "folder" / "file", "text")
            changes.change(changed, "after")
            changes.change(changed, "after that")
            raise error

    with pytest.raises(type(error)):
        fail_at_the_end()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed", "kept"]
    assert changed.read_bytes() == b"before\r\n"


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")

    with pytest.raises(CannotMake, match="mine is there already"), all_or_nothing() as changes:
        changes.create(tmp_path / "mine", "yours")

    assert (tmp_path / "mine").read_text("utf-8") == "mine"


def test_what_goes_well_stays(tmp_path: Path) -> None:
    with all_or_nothing() as changes:
        changes.create(tmp_path / "new" / "file", "text")

    assert changes.files == [tmp_path / "new" / "file"]
    assert (tmp_path / "new" / "file").read_text("utf-8") == "text"
