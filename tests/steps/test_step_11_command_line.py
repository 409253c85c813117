"""Step 11, and step 12 that keeps it: a command opens what it needs, runs a use case, closes."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from steps.domain.urls import sqlite_url
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.processes import import_without_fastapi, run_without_fastapi
from steps.workbook.world.worker_processes import run_command
from tests.often_said import often_said
from tests.steps.early_signal import exit_code_and_closings

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

PASSWORD = "correct horse battery"

WITH_COMMANDS = [step for step in STEPS if step.has("cli")]


@pytest.fixture(params=WITH_COMMANDS, ids=lambda step: f"step_{step.number:02}")
def step(request: pytest.FixtureRequest) -> Step:
    found: Step = request.param
    return found


def command(step: Step, *arguments: str, stdin: str = "") -> Result:
    """Run a command in this process, which saves the start of another."""
    program = import_module(f"{step.package}.__main__")
    return CliRunner().invoke(program.cli, arguments, stdin)


# What a caller sees


@often_said(
    "A use case behind HTTP cannot be called from a command line.",
    "depends",
    "Who signs up with step 11's command logs in over HTTP.",
    step=11,
)
def test_who_signs_up_on_the_command_line_logs_in_over_http(step: Step) -> None:
    created = run_command(step, "users", "create", "Ada@example.com", stdin=f"{PASSWORD}\n")

    assert (created.returncode, created.stdout) == (0, "1 ada@example.com\n")
    assert command(step, "users", "list").stdout == "1 ada@example.com\n"
    with TestClient(step.create_app()) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        assert client.post("/login", json=body).status_code == 200


def test_where_nobody_has_signed_up_a_person_is_told_and_a_program_gets_nothing(step: Step) -> None:
    listed = command(step, "users", "list")

    assert (listed.exit_code, listed.stdout, listed.stderr) == (0, "", "No users yet.\n")


REFUSED = {
    "an email that is taken": (("users", "create", "ada@example.com"), "already registered", 1),
    "no email": (("users", "create", "ada"), "email: value is not a valid email", 2),
    "a command that is not there": (("users", "forget"), "No such command", 2),
}


@pytest.mark.parametrize(("arguments", "reason", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_an_exit_code_and_a_reason_without_a_traceback(
    step: Step, arguments: Sequence[str], reason: str, code: int
) -> None:
    if "registered" in reason:
        assert command(step, *arguments, stdin=PASSWORD).exit_code == 0

    refused = command(step, *arguments, stdin=PASSWORD)

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert reason in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_password_is_no_argument_and_is_never_repeated(step: Step) -> None:
    as_argument = command(step, "users", "create", "ada@example.com", PASSWORD)
    too_short = command(step, "users", "create", "ada@example.com", stdin="secret7\n")

    assert (as_argument.exit_code, too_short.exit_code) == (2, 2)
    assert "at least 8 characters" in too_short.stderr
    assert "secret7" not in too_short.stdout + too_short.stderr


@pytest.mark.parametrize("arguments", [(), ("users", "list")], ids=["serve", "users list"])
def test_every_wrong_setting_is_one_line_before_anything_opens(
    step: Step, arguments: Sequence[str], recording: Recording
) -> None:
    with variables({"DATABASE_URL": "mysql://u:geheim@h/d", "PORT": "http"}):
        if arguments:
            refused = command(step, *arguments)
            exit_code, told = refused.exit_code, refused.stderr
        else:
            ended = run_command(step)
            exit_code, told = ended.returncode, ended.stderr

    assert exit_code == 2
    assert sorted(re.findall(r"^\w+", told, re.MULTILINE)) == ["DATABASE_URL", "PORT"]
    assert "geheim" not in told
    assert recording.of_kind("engine", "S3 client") == []


def test_a_wrong_aws_variable_stops_the_server_and_no_command(step: Step) -> None:
    with variables({"AWS_DEFAULT_REGION": "no region"}):
        listed, served = command(step, "users", "list"), run_command(step)

    assert listed.exit_code == 0
    assert served.returncode == 2
    assert served.stderr == "AWS_DEFAULT_REGION: this cannot be the name of a region\n"


def test_a_signal_before_the_server_runs_stops_it_and_one_after_it_changes_nothing(
    step: Step,
) -> None:
    assert exit_code_and_closings(step.package) == (0, ["S3 client", "engine"])


# What a command opens and closes


@often_said(
    "A container opens everything, used or not.",
    "depends",
    "Step 11's commands about users open the database, and no S3 client.",
    step=11,
)
@pytest.mark.parametrize(
    "arguments", [("users", "list"), ("users", "create", "ada@example.com")], ids=" ".join
)
def test_a_command_about_users_opens_a_database_and_no_s3(
    step: Step, arguments: Sequence[str], recording: Recording
) -> None:
    assert command(step, *arguments, stdin=PASSWORD).exit_code == 0

    assert recording.of_kind("engine", "S3 client") == ["engine 1 opened", "engine 1 closed"]


def test_a_command_that_is_refused_leaves_nothing_open(step: Step, recording: Recording) -> None:
    codes = [
        command(step, "users", "create", "ada@example.com", stdin=PASSWORD).exit_code
        for _ in range(2)
    ]

    assert codes == [0, 1]
    assert recording.count("engine", "closed") == 2
    assert recording.left_open() == []


def test_a_command_whose_database_is_away_leaves_nothing_open(
    step: Step, recording: Recording, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "nowhere" / "accounts.db")
    with variables({"DATABASE_URL": url}):
        refused = command(step, "users", "list")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "unable to open database file" in refused.stderr
    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


# Without FastAPI

NOT_HTTP = ("container", "app", "infra", "containers", "cli", "export_cli", "process", "worker")
NEED_NO_FASTAPI = [
    f"{each.package}.{name}" for each in STEPS for name in NOT_HTTP if each.has(name)
]


def test_what_is_not_http_can_be_imported_where_fastapi_cannot() -> None:
    assert len(NEED_NO_FASTAPI) > len(NOT_HTTP)
    assert import_without_fastapi(*NEED_NO_FASTAPI) == "imported"


@often_said(
    "A command line of a FastAPI service needs FastAPI.",
    "never held",
    "Step 11's commands work where it cannot be imported.",
    step=11,
)
def test_commands_work_where_fastapi_cannot_be_imported(step: Step) -> None:
    sign_up = ("users", "create", "ada@example.com")
    created = run_without_fastapi(step.package, *sign_up, stdin=PASSWORD)
    listed = run_without_fastapi(step.package, "users", "list")

    assert (created.returncode, created.stdout, created.stderr) == (0, "1 ada@example.com\n", "")
    assert (listed.returncode, listed.stdout) == (0, "1 ada@example.com\n")


def test_the_server_does_not_work_where_fastapi_cannot_be_imported(step: Step) -> None:
    ended = run_without_fastapi(step.package)

    assert ended.returncode == 1
    assert "ModuleNotFoundError: import of fastapi halted" in ended.stderr
