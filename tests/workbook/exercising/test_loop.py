"""What a learner meets: `make exercise`, `hint`, `solution`, `progress`, `reset` and `watch`.

In a copy of the project, because the exercises in this one may be somebody's own.
"""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.exercising import records
from steps.workbook.exercising.checking import CHECK_PROCESS, Outcome
from steps.workbook.exercising.copying import PARTS, copy_project
from steps.workbook.exercising.exercises import Exercise, all_exercises, exercises_of
from steps.workbook.exercising.output import Output
from steps.workbook.exercising.reasons import Failure, broken, failure_of
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

    def failures(self, codes: Mapping[str, str | bytes], folder: Path) -> dict[str, Failure]:
        """Check many exercises in one process, by their keys; return why the first tasks failed."""
        exercises = {f"test_{e.name}": e for key in codes for e in exercises_of(key)}
        for exercise in exercises.values():
            code = codes[exercise.key]
            file = self.project / exercise.file.relative_to(PROJECT)
            file.write_bytes(code.encode() if isinstance(code, str) else code)
        tests = [self.project / e.tests.relative_to(PROJECT) for e in exercises.values()]
        run = subprocess.run(  # noqa: S603
            [*CHECK_PROCESS, *map(str, tests)],
            cwd=folder,
            env={**self.environment(), "PYTHONPATH": str(self.project), "WORKBOOK_LIMIT_S": "60"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        failures: dict[str, Failure] = {}
        for event in map(json.loads, run.stdout.splitlines()):
            exercise = exercises[event["file"]]
            of_copy = OfCopy(exercise.name, self.project)
            assert exercise.key not in failures
            if event["kind"] == "fails":
                failures[exercise.key] = failure_of(of_copy, event)
            elif event["kind"] == "broken":
                failures[exercise.key] = broken(of_copy, event)
        return failures

    def run(self, *command: str, answer: str = "", **variables: str) -> tuple[int, str]:
        """Run a command; return its exit code and what it wrote."""
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "steps.workbook", *command],
            input=answer,
            cwd=self.project,
            env={**self.environment(), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        assert "Traceback" not in run.stdout
        assert max(map(len, run.stdout.splitlines()), default=0) <= 80
        return run.returncode, run.stdout


@dataclass(frozen=True)
class OfCopy(Exercise):
    """An exercise whose file is the one in a copy of the project."""

    project: Path

    @property
    def file(self) -> Path:
        return self.project / "steps" / "exercises" / f"{self.name}.py"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    copy_project(project)
    return project


@pytest.fixture
def learner(copy: Path) -> Iterator[Learner]:
    """Everything is at its start."""
    for kept in copy.glob(".progress.*"):
        kept.rmdir() if kept.is_dir() else kept.unlink()
    for starter in (copy / "tests" / "exercises" / "answers" / "starter").glob("ex_*.py"):
        shutil.copy(starter, copy / "steps" / "exercises")
    yield Learner(copy)
    left = {path.name for path in copy.iterdir() if not path.name.startswith(".progress.")}
    assert left == {Path(part).parts[0] for part in PARTS}


def test_the_first_task_is_shown_with_what_to_do_next(learner: Learner) -> None:
    exit_code, shown = learner.run("exercise", KEY)

    assert exit_code == 1
    assert "✗ CALLS_WITH_THE_CACHE" in shown
    assert "· CALLS_WITHOUT_THE_CACHE" in shown
    assert "within one request" not in shown  # which is what there is to learn
    start = learner.answer("starter")
    line = start[: start.index("CALLS_WITH_THE_CACHE =")].count("\n") + 1
    section = "notebook 01, How often is a provider called?"
    for words in ("nothing yet", f"{NAME}.py, line {line}", section, "make hint"):
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


def code_of(key: str, folder: str = "starter") -> str:
    (exercise,) = exercises_of(key)
    return exercise.answer(folder).read_text(encoding="utf-8")


NOT_LOADING: dict[str, tuple[str | bytes, str, int | None]] = {
    "01a": ("answer = (\n", "Python cannot read your file: '(' was never closed", 1),
    "01b": ("\nimport nowhere\n", "load: ModuleNotFoundError: No module named 'nowhere'", 2),
    "01c": ("\n\nprint(1 / 0)\n", "load: ZeroDivisionError: division by zero", 3),
    "02a": (
        "from steps.domain.entities import nothing_there\n",
        "load: ImportError: cannot import name 'nothing_there' from 'steps.domain.entities'",
        1,
    ),
    "02b": ("\n\n\nimport failing\n", "load: ZeroDivisionError: division by zero", 4),
    "02c": ("\nfrom circle import X\n", "load: ImportError: cannot import name 'X' from", 2),
    "03a": ("\nraise ImportError('first\\nsecond\\n' * 40)\n", "load: ImportError: first", 2),
    "03b": ('\n\nTEXT = "\\d"\n', "Python warns of your code: ", 3),
    "03c": ("\nimport warning\n", "(warning.py, line 4)", 2),
    "05a": ("x = 1\n\nprint(x is 1)\n", 'Python warns of your code: "is" with', 3),
    "05b": (
        "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"
        "class Table(Base):\n    __tablename__ = 'table'\n",
        "load: ArgumentError: Mapper Mapper[Table(table)] could not assemble any primary key",
        3,
    ),
    "05c": ("a = 1\nb = '안녕'\n".encode("cp949"), "let your editor save it as UTF-8", 2),
    "06a": ("a = 1\n\nb = 'é'\n".encode("latin-1"), "let your editor save it as UTF-8", 3),
    "06b": ("a = 1\n".encode("utf-16"), "let your editor save it as UTF-8", 1),
    "06c": ("\ufeff\x00", "let your editor save it as UTF-8", 1),
    "07a": ("import pytest\npytest.skip('later', allow_module_level=True)\n", "later", 2),
    "07b": (
        "class Mute(Exception):\n    def __str__(self): return 1 / 0\n    __repr__ = __str__\n"
        "raise Mute\n",
        "load: Mute, whose text cannot be shown: that raised ZeroDivisionError",
        4,
    ),
    "07c": ("def deep(): deep()\ndeep()\n", "load: RecursionError", 1),
    "08a": ("raise ValueError('m' * 10**7)\n", "load: ValueError: mmm", 1),
    "08b": ("raise ValueError('\\ud800')\n", "load: ValueError: \ud800", 1),
    "08c": ("import os\nos.chdir(os.sep)\ninput()\n", "Nobody can answer here", 3),
    "09a": ("import sys\nsys.stdout.close()\nprint(1)\n", "load: ValueError: I/O operation", 3),
    "09b": (
        "import json, os, time, warnings\njson.dumps = time.time = None\n"
        "warnings.simplefilter('ignore')\n"
        "hasattr(os, 'fork') and os.fork() and os.wait()\n1 / 0\n",
        "load: ZeroDivisionError: division by zero",
        5,
    ),
}


def test_a_file_that_does_not_load_gets_what_was_raised_first_and_its_own_line(
    learner: Learner, tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text("x = 1\n1 / 0\n", encoding="utf-8")
    (tmp_path / "circle.py").write_text("from circle import X\nX = 1\n", encoding="utf-8")
    (tmp_path / "warning.py").write_text('\n\n\nTEXT = "\\d"\n', encoding="utf-8")

    failures = learner.failures({key: code for key, (code, *_) in NOT_LOADING.items()}, tmp_path)

    for key, (_, words, line) in NOT_LOADING.items():
        assert words in failures[key].what, key
        assert failures[key].line == line, key
        assert len(failures[key].what) <= 10_100, key
        assert str(learner.project) not in failures[key].what, key


def test_a_name_that_is_gone_is_looked_for_under_a_new_one_and_else_in_the_starter(
    learner: Learner, tmp_path: Path
) -> None:
    function = "@lru_cache\ndef get_s3_client(region: str) -> S3Client:\n    return S3Client()"
    codes = {
        "01a": "\ufeff" + code_of("01a", "solution").replace("CALLS_WITH_THE_CACHE", "MINE"),
        "01b": code_of("01b").replace("def get_session", "class A: ...\ndef a(): ...\ndef session"),
        "02a": code_of("02a").replace(function, "\nclass Helper: ...\ndef other(): ...\n"),
        "02b": code_of("02b", "solution").replace("Settings", "Setting"),
        "09b": "# mine\n",
    }

    failures = learner.failures(codes, tmp_path)

    for key, name, new in (
        ("01a", "CALLS_WITH_THE_CACHE", "MINE"),
        ("01b", "get_session", "session"),
        ("02b", "Settings", "Setting"),
    ):
        lines = codes[key].splitlines()
        assert failures[key].what == f"You renamed {name}: it is {new} now. Call it {name} again"
        assert new in lines[(failures[key].line or 0) - 1]
    for key, name, code in (("02a", "get_s3_client", function), ("09b", "Config", "class Config:")):
        assert failures[key].what == f"Your file has no {name} any more: bring these lines back"
        assert code in failures[key].code
        assert f"Only make reset STEP={key} throws your work away" in failures[key].why


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        ("answer = (\n", "Python cannot read your file: '(' was never closed", 1),
        ("import time\nwhile True: time.sleep(1)\n", "did not come to an end", 2),
        ("import sys; sys.exit(3)\n", "ended Python itself", 1),
        ("import os\nos._exit(3)\n", "ended Python itself", None),
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


def test_a_number_in_quotes_is_no_number(learner: Learner) -> None:
    learner.write(learner.answer("solution").replace("CACHE = 2", 'CACHE = "2"'))

    _, shown = learner.run("exercise", KEY)

    assert "'2', a string" in shown
    assert "2, a number" in shown


def test_an_endless_loop_in_a_function_is_ended_and_named(learner: Learner) -> None:
    endless = """
    import sys, threading
    print("\\x1b[2J begin", file=sys.stderr)
    threading.Thread(target=threading.Event().wait).start()
    while True:
        print("again " * 1000)
"""
    learner.write(learner.answer("starter").replace("    return len(calls)", endless))

    exit_code, shown = learner.run("exercise", KEY, PYTHONUTF8="0", PYTHONIOENCODING="ascii")

    assert exit_code == 1
    assert "x CALLS_WITH_THE_CACHE" in shown
    assert "did not come to an end" in shown
    words = " ".join(shown.replace("|", " ").split())
    assert "printed begin again" in words
    assert "[the rest of this line left out]" in words
    assert "lines left out]" in words
    assert len(shown.splitlines()) < 700
    assert "\x1b" not in shown


def test_a_file_that_is_gone_can_be_brought_back(learner: Learner) -> None:
    learner.file.unlink()

    _, shown = learner.run("exercise", KEY)
    assert f"make reset STEP={KEY}" in shown
    learner.run("reset", KEY, answer="y\n")

    assert learner.file.read_text(encoding="utf-8") == learner.answer("starter")


def test_what_the_code_prints_is_shown(learner: Learner) -> None:
    called = """
    import os
    print("called, in", os.getcwd())
    open("mine.txt", "w").close()
    with __import__("sqlite3").connect("accounts.db") as database:
        database.execute("CREATE TABLE IF NOT EXISTS users (name)")
    return"""
    learner.write(learner.answer("wrong_1").replace("    return", called))

    _, shown = learner.run("exercise", KEY)

    assert not [*learner.project.glob("tests/**/__pycache__")]
    assert not [*learner.project.glob("steps/exercises/__pycache__/ex_*")]
    folder = re.search(r"called, in(.+?)│\n│ +called", shown, re.DOTALL)
    assert folder
    assert not Path("".join(folder[1].replace("│", " ").split())).exists()


def test_much_that_is_printed_is_shown_in_part_and_counted() -> None:
    some, lines, endless, tasks = Output(), Output(), Output(), Output()
    some.add(b"line\n" * 300)
    for _ in range(10):
        lines.add(b"".join(b"line %d\r\n" % number for number in range(100_000)))
        endless.add(b"x" * 1_000_000)
    tasks.add(b"of a task that passed\n\x1e10 %\r20")
    tasks.add(b" %\n\x1b[31mred\x1b[0m\x07 \xff\n")

    assert some.text() == "\n".join(["line"] * 100 + ["[100 lines left out]"] + ["line"] * 100)
    shown = lines.text().split("\n")
    assert shown[:2] == ["line 0", "line 1"]
    assert shown[100] == "[999,800 lines left out]"
    assert shown[-1] == "line 99999"
    assert len(shown) == 201
    assert endless.text() == "x" * 500 + " [the rest of this line left out]"
    assert tasks.text() == "20 %\nred \ufffd"


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


NEWER = {"version": 2, NAME: {"run": {"at": 3}, "hints": "all", "note": "mine"}}


@pytest.mark.parametrize("kept", ["{", "[]", "[" * 100_000, f'{{"{NAME}": 7}}', json.dumps(NEWER)])
def test_records_that_are_broken_or_newer_are_no_hindrance(
    kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FILE", tmp_path / "records.json")
    records.FILE.write_text(kept, encoding="utf-8")
    exercise, *_ = exercises_of(KEY)

    assert records.Records().is_done(exercise) is None
    assert records.Records().next_hint(exercise) == 1
    records.Records().note(Outcome(exercise, exercise.version()))

    assert records.Records().is_done(exercise) is False
    assert records.Records().next_hint(exercise) == 2
    if "version" in kept:
        now = json.loads(records.FILE.read_text(encoding="utf-8"))
        assert (now["version"], now[NAME]["note"]) == (2, "mine")


def test_terminals_that_write_records_at_once_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FILE", tmp_path / "records.json")
    exercises = all_exercises()
    together = threading.Barrier(len(exercises))

    def work(exercise: Exercise) -> None:
        terminal = records.Records()
        together.wait()
        terminal.next_hint(exercise)
        terminal.note(Outcome(exercise, exercise.version()))

    with ThreadPoolExecutor(len(exercises)) as threads:
        list(threads.map(work, exercises))

    assert {records.Records().is_done(exercise) for exercise in exercises} == {False}
    assert {records.Records().next_hint(exercise) for exercise in exercises} == {2}


def test_a_result_and_a_hint_are_shown_where_nothing_can_be_kept(learner: Learner) -> None:
    (learner.project / ".progress.json").mkdir()
    learner.write(learner.answer("solution"))

    exit_code, shown = learner.run("exercise", KEY)
    hint = learner.run("hint", KEY)[1]

    assert exit_code == 0
    assert "All tasks are done." in shown
    assert "Next: 01b" in shown
    assert "Progress is not kept: make .progress.json writable" in shown
    assert "hint 1 of" in hint
    assert f"All hints: tests/exercises/hints/{NAME}.md" in hint


ENDLESS = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-Sc", "import time; time.sleep(600)"])
whole = pathlib.Path(r"{note}.tmp")
whole.write_text(f"{{os.getpid()}} {{child.pid}}")
whole.rename(r"{note}")
while True:
    pass
"""


def test_watching_checks_at_every_save_until_the_terminal_is_closed(
    learner: Learner, tmp_path: Path
) -> None:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "steps.workbook", "watch", KEY],
        cwd=learner.project,
        env={**learner.environment(), "WORKBOOK_LIMIT_S": "600"},
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

    def save_endless(name: str) -> list[int]:
        """Return the processes of the check, once it is in the loop."""
        note = tmp_path / name
        learner.write(ENDLESS.format(note=note))
        wait_until(note.exists)
        return [int(number) for number in note.read_text().split()]

    try:
        wait_for("✗ CALLS_WITH_THE_CACHE")
        wait_for("Waiting for you to save")
        first = save_endless("first")
        by_an_editor = tmp_path / "new.py"
        by_an_editor.write_text(learner.answer("wrong_3"), encoding="utf-8")
        by_an_editor.replace(learner.file)
        wait_for("✓ The cache lives")
        wait_until(lambda: not any(map(is_running, first)))
        wait_for("Waiting for you to save")
        learner.file.unlink()
        wait_for("Your file is not there")
        learner.write(learner.answer("solution"))
        wait_for("All tasks are done")
        if hasattr(signal, "SIGHUP"):
            second = save_endless("second")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: not any(map(is_running, second)))
            assert process.wait(PATIENCE_S) == 0
    finally:
        process.terminate()
        reader.join()
        process.stdout.close()
        process.wait()


def is_running(process: int) -> bool:
    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
