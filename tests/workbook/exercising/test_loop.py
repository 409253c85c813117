"""What a learner meets: `make exercise`, `hint`, `solution`, `progress`, `reset` and `watch`.

In a copy of the project, because the exercises in this one may be somebody's own.
"""

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.exercising.copying import PARTS, copy_project
from steps.workbook.exercising.exercises import Exercise, all_exercises, exercises_of
from tests.dead_proxies import set_dead_proxies

KEY, NAME = "01a", "ex_01a_how_often_is_it_called"
PATIENCE_S = 60


@dataclass
class Learner:
    """Somebody with a copy of the project and a terminal of 80 columns."""

    project: Path

    @property
    def file(self) -> Path:
        return self.project / "steps" / "exercises" / f"{NAME}.py"

    def answer(self, folder: str) -> str:
        answers = self.project / "tests" / "exercises" / "answers"
        return (answers / folder / f"{NAME}.py").read_text(encoding="utf-8")

    def write(self, code: str) -> None:
        self.file.write_text(code, encoding="utf-8")

    def write_another(self, exercise: Exercise, code: str) -> None:
        file = self.project / exercise.file.relative_to(PROJECT)
        file.write_text(code, encoding="utf-8")

    def solve(self, key: str) -> str:
        """Solve another exercise; return the key of the one that is next."""
        (other,) = exercises_of(key)
        self.write_another(other, other.answer("solution").read_text(encoding="utf-8"))
        return self.run("exercise", key)[1].split("Next: ")[1][:3]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1", "WORKBOOK_LIMIT_S": "3"}

    def run(self, *command: str, answer: str = "") -> tuple[int, str]:
        """Run a command; return its exit code and what it wrote."""
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "steps.workbook", *command],
            input=answer,
            cwd=self.project,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        assert "Traceback" not in run.stdout
        assert max(map(len, run.stdout.splitlines()), default=0) <= 80
        return run.returncode, run.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    copy_project(project)
    return project


@pytest.fixture
def learner(copy: Path) -> Iterator[Learner]:
    """Everything is at its start."""
    (copy / ".progress.json").unlink(missing_ok=True)
    for starter in (copy / "tests" / "exercises" / "answers" / "starter").glob("ex_*.py"):
        shutil.copy(starter, copy / "steps" / "exercises")
    yield Learner(copy)
    assert sorted(p.name for p in copy.iterdir() if p.name != ".progress.json") == sorted(
        {Path(part).parts[0] for part in PARTS}
    )


def test_the_first_task_is_shown_with_what_to_do_next(learner: Learner) -> None:
    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert "✗ CALLS_WITH_THE_CACHE" in shown
    assert "· CALLS_WITHOUT_THE_CACHE" in shown
    assert "within one request" not in shown  # which is what there is to learn
    start = learner.answer("starter")
    line = start[: start.index("CALLS_WITH_THE_CACHE =")].count("\n") + 1
    for words in ("nothing yet", f"{NAME}.py, line {line}", "notebook 01, How often?", "make hint"):
        assert words in shown


def test_a_wrong_answer_gets_what_was_seen_what_was_expected_and_why(learner: Learner) -> None:
    learner.write(learner.answer("wrong_3"))

    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert "✓ The cache lives within one request" in shown
    assert "✗ CALLS_WITHOUT_THE_CACHE" in shown
    assert "│ you said 2 " in shown
    assert "│ it is    4 " in shown
    assert "use_cache=False calls the provider for each parameter" in " ".join(shown.split())


def test_a_solved_exercise_leads_to_the_next_one(learner: Learner) -> None:
    learner.write(learner.answer("solution"))

    exit_code, shown = learner.run("exercise", "1")
    assert exit_code == 0
    assert "All tasks are done." in shown
    assert "Next: 01b" in shown

    _, shown = learner.run("exercise", "1")
    assert shown.startswith("01b")
    assert "1 of " in shown


def test_the_next_one_is_in_the_same_step_then_after_it_then_at_the_start(
    learner: Learner,
) -> None:
    following = [learner.solve(key) for key in ("10a", "12b", "12a", "12c")]

    assert following == ["12a", "12a", "12c", "01a"]


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        ("answer = (\n", "Python cannot read your file: '(' was never closed", 1),
        ("\nimport nowhere\n", "ModuleNotFoundError: No module named 'nowhere'", 2),
        ("\n\nprint(1 / 0)\n", "ZeroDivisionError: division by zero", 3),
        ("import time\nwhile True: time.sleep(1)\n", "did not come to an end", 2),
        ("import sys; sys.exit(3)\n", "ended Python itself", 1),
        ("import os\nos._exit(3)\n", "ended Python itself", None),
        ("\ufeff\x00", "cannot", None),
    ],
)
def test_a_file_that_does_not_run_gets_one_friendly_panel(
    learner: Learner, code: str, words: str, line: int | None
) -> None:
    learner.write(code)

    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert words in " ".join(shown.replace("│", " ").split())
    if line:
        assert f"{NAME}.py, line {line}" in shown


def test_an_error_in_a_function_is_shown_with_its_line(learner: Learner) -> None:
    code = learner.answer("starter").replace("return len(calls)", "return len(cals)")
    learner.write(code)
    line = code[: code.index("len(cals)")].count("\n") + 1

    _, shown = learner.run("exercise", KEY)

    assert "Your code raised NameError: name 'cals' is not defined" in " ".join(shown.split())
    assert f"{NAME}.py, line {line}" in shown


def test_a_prediction_beside_another_is_shown_with_its_line(learner: Learner) -> None:
    (other,) = exercises_of("09a")
    code = other.answer("starter").read_text(encoding="utf-8")
    code = code.replace("CLOSING_TWICE = ..., ...", "CLOSING_TWICE = [], 7")
    learner.write_another(other, code)

    _, shown = learner.run("exercise", "09a")

    line = code[: code.index("CLOSED_BY_CLOSING_TWICE")].count("\n") + 1
    assert "✗ CLOSED_BY_CLOSING_TWICE" in shown
    assert f"{other.file.name}, line {line}" in shown


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork: Linux or macOS")
def test_an_error_in_a_child_of_a_fork_is_shown_as_one(learner: Learner) -> None:
    (other,) = exercises_of("12b")
    code = other.answer("solution").read_text(encoding="utf-8")
    learner.write_another(other, code.replace("self.client = ", "client = "))

    _, shown = learner.run("exercise", "12b")

    words = " ".join(shown.replace("│", " ").split())
    assert "Your code raised AttributeError: 'Worker' object has no attribute 'client'" in words
    assert "Ada" not in words


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        ("    raise SystemExit", "Your code ended Python itself"),
        ("    breakpoint()", "no breakpoint() and no input(); use print()"),
    ],
)
def test_what_cannot_work_here_is_named(learner: Learner, instead: str, words: str) -> None:
    learner.write(learner.answer("starter").replace("    return len(calls)", instead))

    _, shown = learner.run("exercise", KEY)

    assert words in " ".join(shown.replace("│", " ").split())


def test_a_name_that_was_deleted_can_be_brought_back(learner: Learner) -> None:
    learner.write(learner.answer("solution").replace("CALLS_WITH_THE_CACHE", "MINE"))

    _, shown = learner.run("exercise", KEY)

    words = " ".join(shown.replace("│", " ").split())
    assert f"no CALLS_WITH_THE_CACHE: make reset STEP={KEY}" in words


def test_a_number_in_quotes_is_no_number(learner: Learner) -> None:
    learner.write(learner.answer("solution").replace("CACHE = 2", 'CACHE = "2"'))

    _, shown = learner.run("exercise", KEY)

    assert "'2', a string" in shown
    assert "2, a number" in shown


def test_an_endless_loop_in_a_function_is_ended_and_named(learner: Learner) -> None:
    endless = learner.answer("starter").replace(
        "    return len(calls)", "    while True:\n        1"
    )
    learner.write(endless)

    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert "✗ CALLS_WITH_THE_CACHE" in shown
    assert "did not come to an end" in shown


def test_a_file_that_is_gone_can_be_brought_back(learner: Learner) -> None:
    learner.file.unlink()

    _, shown = learner.run("exercise", KEY)
    assert f"make reset STEP={KEY}" in shown
    learner.run("reset", KEY, answer="y\n")

    assert learner.file.read_text(encoding="utf-8") == learner.answer("starter")


def test_what_the_code_prints_is_shown(learner: Learner) -> None:
    learner.write(
        learner.answer("wrong_1").replace("    return", '    print("called")\n    return')
    )

    _, shown = learner.run("exercise", KEY)

    assert "printed" in shown
    assert "called" in shown


def test_an_exercise_asks_no_proxy(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx2 makes no client for such a proxy, as a package that it needs is not installed."""
    set_dead_proxies(monkeypatch)
    asking = "    import httpx2\n    httpx2.Client()\n    return"
    learner.write(learner.answer("solution").replace("    return", asking))

    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 0, shown


def test_hints_come_one_by_one_and_the_last_stays(learner: Learner) -> None:
    number = len(exercises_of(KEY)[0].hints)

    for expected in (*range(1, number + 1), number):
        assert f"hint {expected} of {number}" in learner.run("hint", KEY)[1]


MODULES = """
import atexit, runpy, sys
atexit.register(lambda: print("modules", *sys.modules))
runpy.run_module("steps.workbook", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("command", ["exercise", "hint"])
def test_neither_result_nor_hint_waits_for_a_framework(learner: Learner, command: str) -> None:
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", MODULES, command, KEY],
        cwd=learner.project,
        env=learner.environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    modules = run.stdout.partition("\nmodules ")[2].split()

    assert "steps.workbook.exercising.commands" in modules
    assert {"fastapi", "sqlalchemy", "boto3", "dependency_injector"} & {*modules} == set()


def test_rich_loads_while_the_tests_run(learner: Learner) -> None:
    load = "import sys, steps.workbook.__main__, steps.workbook.exercising.commands; "
    look = "print([name for name in ('rich', 'fastapi', 'sqlalchemy') if name in sys.modules])"
    command = [sys.executable, "-c", load + look]

    said = subprocess.check_output(command, cwd=learner.project, encoding="utf-8")  # noqa: S603

    assert said == "[]\n"


def test_the_solution_is_shown_only_after_all_tasks_pass(learner: Learner) -> None:
    exit_code, shown = learner.run("solution", KEY)
    assert exit_code == 1
    assert "is not done yet" in shown
    assert "why it works" not in shown

    learner.write(learner.answer("solution"))
    exit_code, shown = learner.run("solution", KEY)
    assert exit_code == 0
    assert "A request keeps what a provider has returned" in shown


def test_progress_tells_what_is_done_now(learner: Learner) -> None:
    assert "0 of " in learner.run("progress")[1]
    learner.write(learner.answer("solution"))
    assert "✓ 01a" in learner.run("progress")[1]
    learner.write(learner.answer("wrong_1"))
    assert "✓" not in learner.run("progress")[1]


def test_a_skipped_task_is_not_done(learner: Learner) -> None:
    skip = '    import pytest\n    pytest.skip("no")'
    learner.write(learner.answer("solution").replace("    return len(calls)", skip))

    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert "✓" not in shown


def test_two_saves_of_one_size_in_one_second_are_told_apart(learner: Learner) -> None:
    for answer, words in (("9", "you said 9"), ("8", "you said 8")):
        learner.write(learner.answer("solution").replace("CACHE = 2", f"CACHE = {answer}"))
        os.utime(learner.file, (1_000_000_000, 1_000_000_000))
        assert words in learner.run("exercise", KEY)[1]


def test_a_reset_begins_with_the_first_hint_again(learner: Learner) -> None:
    learner.run("hint", KEY)
    learner.write("mine")
    learner.run("reset", KEY, answer="y\n")

    assert "hint 1 of" in learner.run("hint", KEY)[1]


def test_what_has_not_changed_is_not_reset(learner: Learner) -> None:
    assert "nothing to put back" in learner.run("reset", KEY)[1]


def test_nothing_is_reset_without_a_yes(learner: Learner) -> None:
    for answer in ("n\n", "\n", ""):
        learner.write("mine")
        assert learner.run("reset", KEY, answer=answer)[0] == 1
        assert learner.file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("step", ["", "99", "zzz", "01z"])
def test_an_exercise_that_does_not_exist_gets_one_line(learner: Learner, step: str) -> None:
    exit_code, shown = learner.run("exercise", step)

    assert exit_code == 2
    assert KEY in shown
    assert "STEP=3" in shown


def test_a_step_without_exercises_gets_one_line_with_the_next_that_has_some(
    learner: Learner,
) -> None:
    with_some = {exercise.step for exercise in all_exercises()}
    without = [step.number for step in STEPS if step.number not in with_some]
    if not without:
        pytest.skip("every step has some")

    exit_code, shown = learner.run("exercise", str(without[0]))
    assert learner.run("exercise", f"{without[0]:02}b") == (exit_code, shown)

    following = min((step for step in with_some if step > without[0]), default=max(with_some))
    assert exit_code == 2
    assert shown == (
        f"Step {without[0]:02} has no exercises yet. "
        f"Step {following:02} has some: STEP={following}\n"
    )


def test_records_that_somebody_broke_are_forgotten(learner: Learner) -> None:
    for kept in ("{", "[]", '{"' + NAME + '": 7}'):
        (learner.project / ".progress.json").write_text(kept, encoding="utf-8")
        assert learner.run("exercise", KEY)[0] == 1


def test_watching_checks_at_every_save_until_ctrl_c(learner: Learner) -> None:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "steps.workbook", "watch", KEY],
        cwd=learner.project,
        env=learner.environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout
    output = process.stdout

    def read() -> None:
        for line in output:
            lines.put(line)

    reader = threading.Thread(target=read)
    reader.start()

    def wait_for(words: str) -> None:
        while words not in lines.get(timeout=PATIENCE_S):
            pass

    try:
        wait_for("✗ CALLS_WITH_THE_CACHE")
        wait_for("Waiting for you to save")
        learner.write(learner.answer("wrong_3"))
        wait_for("✓ The cache lives")
        wait_for("Waiting for you to save")
        learner.write(learner.answer("solution"))
        wait_for("All tasks are done")
    finally:
        process.terminate()
        reader.join()
        process.stdout.close()
        process.wait()
