"""What plain pytest, and with it an editor, does with exercises that are not done yet.

In a copy of the project with few exercises, among files that are none.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from steps.workbook.exercising.copying import copy_project
from steps.workbook.exercising.exercises import Exercise, exercises_of

DONE, WRONG, UNANSWERED, RAISES, BROKEN = (
    exercises_of(key)[0] for key in ("02a", "01a", "03a", "05a", "05b")
)
KEPT = (DONE, WRONG, UNANSWERED, RAISES, BROKEN)
NO_PYTHON, ENDS_PYTHON = "while True: (\n", "import os; os._exit(3)\n"
LOCALS = ("-l", "-vv", "--tb=long")
KNOWN = """
from steps.workbook.exercising import exercises, guide
from steps.workbook.making.todo import todos
print([exercise.key for exercise in exercises.all_exercises()], todos(), guide.guide())
"""


class Workspace:
    """A copy of the project as somebody has it open in an editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tests = folder / "tests" / "exercises"

    def write(self, exercise: Exercise, code: str) -> None:
        (self.folder / "steps" / "exercises" / exercise.file.name).write_text(code, "utf-8")

    def python(self, *arguments: str) -> tuple[int, str]:
        """Run Python there; return its exit code and what it wrote."""
        run = subprocess.run(  # noqa: S603
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return run.returncode, run.stdout

    def pytest(self, *arguments: str) -> tuple[int, str]:
        return self.python("-m", "pytest", "-p", "no:cacheprovider", *arguments)


def text_of(exercise: Exercise, folder: str) -> str:
    return exercise.answer(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("workspace")
    copy_project(folder)
    workspace = Workspace(folder)
    for tests in workspace.tests.glob("test_*.py"):
        if tests.name not in {exercise.tests.name for exercise in KEPT}:
            tests.unlink()
    (folder / "tests" / "test_other.py").write_text("def test_other(): ...\n", "utf-8")
    workspace.write(DONE, text_of(DONE, "solution"))
    workspace.write(WRONG, text_of(WRONG, "wrong_3"))
    workspace.write(RAISES, "def nothing_else(): ...\n")
    workspace.write(BROKEN, NO_PYTHON)
    return workspace


@pytest.fixture(scope="module")
def among_others(workspace: Workspace) -> tuple[str, str]:
    """What is known of the exercises, without files that are none, and with them."""
    before = workspace.python("-c", KNOWN)
    broken = "import nowhere  # TODO\n("
    name = DONE.name
    (workspace.tests / ".ipynb_checkpoints").mkdir(exist_ok=True)
    for path in (
        "test_ex_mine.py",
        f"test_{name} copy.py",
        f"test_{name} (1).py",
        f"test_{name}.py~",
        f".ipynb_checkpoints/test_{name}-checkpoint.py",
        f"answers/starter/{name} copy.py",
        "answers/wrong_1/ex_mine.py",
        f"hints/{name} copy.md",
        f"../../steps/exercises/{name} copy.py",
        "../../steps/exercises/notes.py",
    ):
        (workspace.tests / path).write_text(broken, "utf-8")
    wrong = workspace.tests / "answers" / "wrong_1"
    shutil.copytree(wrong, wrong.with_name("wrong_1 copy"), dirs_exist_ok=True)
    after = workspace.python("-c", KNOWN)
    assert before[0] == 0, before
    return before[1], after[1]


def test_files_that_are_no_exercises_change_nothing(among_others: tuple[str, str]) -> None:
    before, after = among_others

    assert after == before


@pytest.mark.usefixtures("among_others")
@pytest.mark.parametrize("options", [(), ("-n2", "--dist=loadfile")], ids=" ".join)
def test_all_tests_are_green_whatever_a_learner_has_written(
    workspace: Workspace, options: tuple[str, ...]
) -> None:
    exit_code, shown = workspace.pytest(*options)

    assert exit_code == 0, shown
    assert "1 passed in" in shown
    assert "The exercises are left out. To run them: pytest tests/exercises\n" in shown


@pytest.mark.usefixtures("among_others")
def test_an_editor_finds_the_tasks_of_every_exercise(workspace: Workspace) -> None:
    workspace.write(BROKEN, ENDS_PYTHON)
    exit_code, shown = workspace.pytest("--collect-only", "-q", f"--rootdir={workspace.folder}")
    workspace.write(BROKEN, NO_PYTHON)

    found = [line for line in shown.splitlines() if line.startswith("tests/exercises/")]
    tasks = [f"{e.tests.name}::{task.name}" for e in KEPT for task in e.tasks]
    assert exit_code == 0, shown
    assert sorted(found) == sorted(f"tests/exercises/{task}" for task in tasks)


@pytest.mark.usefixtures("among_others")
def test_an_editor_runs_tasks_one_by_one_though_one_file_is_broken(workspace: Workspace) -> None:
    tasks = [f"{workspace.tests / e.tests.name}::{e.tasks[0].name}" for e in (BROKEN, WRONG, DONE)]

    exit_code, shown = workspace.pytest(f"--rootdir={workspace.folder}", *tasks)

    assert exit_code == 1, shown
    assert "SyntaxError: '(' was never closed" in shown
    assert "1 failed, 2 passed in" in shown


@pytest.mark.usefixtures("among_others")
def test_a_keyword_runs_the_exercise_that_it_names(workspace: Workspace) -> None:
    exit_code, shown = workspace.pytest("-k", f"ex_{DONE.key}")

    assert exit_code == 0, shown
    assert f"{len(DONE.tasks)} passed, 1 deselected in" in shown


@pytest.fixture(scope="module")
def whole_folder(workspace: Workspace, among_others: tuple[str, str]) -> str:
    exit_code, shown = workspace.pytest("tests/exercises", *LOCALS)
    assert exit_code == 1, shown
    return shown


def test_running_the_folder_says_how_far_it_is(whole_folder: str) -> None:
    assert "Exercises: 1 of 5 are done. Next: make exercise STEP=01a\n" in whole_folder


def test_a_wrong_prediction_is_answered_once_and_in_the_words_of_the_loop(
    whole_folder: str,
) -> None:
    facts = [line.split(maxsplit=2) for line in whole_folder.splitlines()]

    assert facts.count(["you", "said", "2"]) == 1
    assert facts.count(["it", "is", "4"]) == 1


def test_nothing_gives_away_what_nobody_has_predicted(whole_folder: str) -> None:
    """Neither the test's lines nor its variables: not even where a name is missing."""
    facts = [" ".join(line.split()) for line in whole_folder.splitlines()]

    guesses = [fact for fact in facts if fact.startswith("why A prediction teaches")]

    assert len(guesses) == len(UNANSWERED.tasks)
    assert f"{RAISES.name}' has no attribute '{RAISES.tasks[0].about}'" in whole_folder
    for words in ("expect(", "expected =", "seen =", "def test_"):
        assert words not in whole_folder
