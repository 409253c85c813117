"""The commands behind the Makefile, run as a reader runs them."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from steps.domain.urls import sqlite_url
from steps.workbook.__main__ import cli
from steps.workbook.catalogue import ONLY_READ, PROJECT
from steps.workbook.exercising.exercises import UnknownExercise, exercises_of
from steps.workbook.world.serving import CREATION_FLAGS, STOP_SIGNAL, reserve_port

CLEAN = dict.fromkeys(("DATABASE_URL", "S3_ENDPOINT_URL", "API_KEY", "DB_ECHO"), "")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "steps.workbook", *arguments],
        env={**os.environ, **CLEAN, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_run_serves_a_step_with_its_own_database_and_buckets_until_it_is_stopped() -> None:
    with reserve_port() as taken:  # so it must take another port, and say which
        taken.listen()
        port = str(taken.getsockname()[1])
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "steps.workbook", "run", "3", "--port", port],
            env={**os.environ, **CLEAN, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            creationflags=CREATION_FLAGS,
        )
        assert server.stdout is not None
        lines = list(takewhile(lambda line: "Ctrl-C" not in line, server.stdout))
        said = "".join(lines)
        assert said.startswith(f"Port {port} is taken, so a free one is used.")
        url = re.findall(r"live and die: (\S+)/lifetimes", said)[0]
        api_key, database_url = re.findall(r"(?:API_KEY|DATABASE_URL) ?= ?'(\S+?)'", said)
        with httpx2.Client(base_url=url, trust_env=False) as client:
            page = client.get("/lifetimes").text
            health = client.get("/health").json()
            created = client.post(
                "/buckets", json={"name": "photos"}, headers={"X-API-Key": api_key}
            )
            with client.stream("GET", "/lifetimes/events"):  # an open page does not hold it up
                server.send_signal(STOP_SIGNAL)
                exit_code = server.wait(timeout=30)
        farewell = server.stdout.read()
        server.stdout.close()

    assert not url.endswith(f":{port}")
    assert "<h1>Step 03: lifespan singleton</h1>" in page
    assert health == {"step": 3, "database": "ok"}
    assert created.status_code == 201
    assert exit_code == 0
    assert farewell.splitlines()[-1] == "Closed."
    assert "GET /health" in farewell
    assert "/lifetimes" not in farewell  # the page asks often
    database = make_url(database_url).database
    assert database
    assert not Path(database).parent.exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/health", trust_env=False)


@pytest.mark.parametrize(
    ("command", "step", "said"),
    [("run", "", "Say which step, as in STEP=3: "), ("exercise", "0", f"{ONLY_READ}\n")],
)
def test_a_step_that_does_not_exist_gets_one_line(command: str, step: str, said: str) -> None:
    answer = run(command, step)

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith(said)
    assert answer.stderr.count("\n") == 1


@pytest.mark.parametrize("exercise", ["0", "00", "0b", "00A"])
def test_who_wants_an_exercise_of_00_hears_where_to_begin(exercise: str) -> None:
    with pytest.raises(UnknownExercise, match=re.escape(ONLY_READ)):
        exercises_of(exercise)


def test_run_says_in_one_line_which_setting_stopped_it() -> None:
    answer = run("run", "3", DATABASE_URL="nonsense")

    assert answer.returncode == 3
    assert answer.stdout == ""
    assert re.fullmatch(r"ERROR: +DATABASE_URL: .*\n", answer.stderr)


@pytest.mark.parametrize("port", ["0", "80000", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    answer = run("run", "3", f"--port={port}")

    assert answer.returncode == 2
    assert re.search(r"Error: Invalid value for '--port': ", answer.stderr)


@pytest.mark.parametrize("rounds", ["1", "0", "many"])
def test_one_round_is_too_few_to_compare(rounds: str) -> None:
    answer = run("bench", f"--rounds={rounds}")

    assert answer.returncode == 2
    assert "Invalid value for '--rounds': " in answer.stderr


def test_diff_prints_what_a_step_changes() -> None:
    answer = run("diff", "2")

    assert answer.returncode == 0
    assert "+@lru_cache" in answer.stdout.splitlines()


def test_diff_says_that_nothing_comes_before_the_first_step() -> None:
    answer = run("diff", "1")

    assert answer.returncode == 0
    assert answer.stdout.startswith("Step 1 is where it starts")
    assert answer.stdout.count("\n") == 1


@pytest.mark.parametrize("command", [["diff", "12"], ["progress"]])
def test_who_reads_no_further_has_seen_enough(command: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as output:
        answer = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "steps.workbook", *command],
            stdout=output,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    assert (answer.returncode, answer.stderr) == (0, "")


POOR = {
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
    "LC_ALL": "C",
    "TERM": "dumb",
    "HOME": os.devnull,
    "PATH": "",
}
"""No home to write to, no programs beside ours, and a terminal of few letters."""

KOREAN = r"""
import sys
from steps.workbook.__main__ import cli, exits

@cli.command()
@exits
def say() -> int:
    for letters in ("\u2713\u2717\u00b7\u2026\u2502", "\uc774\ub984"):
        print(letters)
        print(letters, file=sys.stderr)
    return 0

cli(["say"])
"""


def test_commands_print_what_the_terminal_can_show_from_any_folder(tmp_path: Path) -> None:
    answer = subprocess.run(  # noqa: S603
        [sys.executable, "-c", KOREAN],
        cwd=tmp_path,
        env={**os.environ, **POOR},
        capture_output=True,
        encoding="ascii",
        timeout=60,
        check=False,
    )

    assert answer.returncode == 0
    assert answer.stdout.split() == answer.stderr.split() == ["+x-~|", "??"]


with_make = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="make is not installed"
)


@with_make
def test_make_says_in_which_folder_it_works(tmp_path: Path) -> None:
    answer = subprocess.run(  # noqa: S603
        ["make", "--file", str(PROJECT / "Makefile"), "help"],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert answer.returncode == 2
    assert answer.stderr.endswith("first, or use: make -C its/folder.  Stop.\n")


COMMANDS = sorted(info.callback.__name__ for info in cli.registered_commands if info.callback)


@pytest.mark.parametrize("command", [[], *([name.replace("_", "-")] for name in COMMANDS)])
def test_every_command_says_in_80_columns_what_it_does(command: list[str]) -> None:
    answer = CliRunner().invoke(
        cli, [*command, "--help"], prog_name="python -m steps.workbook", env={"COLUMNS": "200"}
    )

    assert answer.exit_code == 0
    assert answer.stdout.strip().startswith(" ".join(["Usage: python -m steps.workbook", *command]))
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_help_comes_from_a_terminal_as_well() -> None:
    answer = run("--help", COLUMNS="200")

    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage: python -m steps.workbook")
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_tables_creates_what_the_steps_need(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "accounts.db")

    assert run("tables", DATABASE_URL=url).returncode == 0
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert {("users",), ("audit_events",)} <= set(tables)


def test_makefile_and_guides_name_the_commands_that_exist() -> None:
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    text += (PROJECT / "README.md").read_text(encoding="utf-8")
    text += (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"-m steps\.workbook ([a-z][a-z-]*)", text))

    assert named <= {name.replace("_", "-") for name in COMMANDS}
