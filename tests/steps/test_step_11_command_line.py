"""Step 11: the use cases run on a command line, which opens only a database."""

import re
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from steps.domain.errors import ConfigurationError
from steps.step_11_command_line.cli import cli
from steps.step_11_command_line.config import Config
from steps.step_11_command_line.containers import open_user_service
from steps.step_11_command_line.main import create_app
from steps.workbook.catalogue import STEPS, Step, find_step
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.processes import import_without_fastapi, run_without_fastapi
from steps.workbook.world.worker_processes import run_command
from tests.steps.early_signal import exit_code_and_closings

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

STEP = find_step(11)
PASSWORD = "correct horse battery"


def command(*arguments: str, stdin: str = "") -> Result:
    """Run a command in this process, which saves the start of another."""
    return CliRunner().invoke(cli, arguments, stdin)


def test_who_signs_up_on_the_command_line_logs_in_over_http() -> None:
    sign_up = ("users", "create", "Ada@example.com")
    created = run_command(STEP, *sign_up, stdin=f"{PASSWORD}\n")

    assert (created.returncode, created.stdout) == (0, "1 ada@example.com\n")
    assert command("users", "list").stdout == "1 ada@example.com\n"
    with TestClient(create_app()) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        assert client.post("/login", json=body).status_code == 200


def test_users_are_listed_in_the_order_in_which_they_signed_up() -> None:
    for name in ("grace", "ada"):
        command("users", "create", f"{name}@example.com", stdin=PASSWORD)

    assert command("users", "list").stdout == "1 grace@example.com\n2 ada@example.com\n"


def test_a_sign_up_on_the_command_line_writes_its_audit_event_too() -> None:
    command("users", "create", "ada@example.com", stdin=PASSWORD)

    with TestClient(create_app()) as client:
        (event,) = client.get("/users/1/events").json()
    assert event["action"] == "signed up"


# What is refused

REFUSED = {
    "an email that is taken": (("users", "create", "ada@example.com"), "already registered", 1),
    "no email": (("users", "create", "ada"), "email: value is not a valid email", 2),
    "a command that is not there": (("users", "forget"), "No such command", 2),
}


@pytest.mark.parametrize(("arguments", "reason", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_an_exit_code_and_a_reason_without_a_traceback(
    arguments: Sequence[str], reason: str, code: int
) -> None:
    if "registered" in reason:
        command(*arguments, stdin=PASSWORD)

    refused = command(*arguments, stdin=PASSWORD)

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert reason in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_password_is_no_argument_and_is_never_repeated() -> None:
    as_argument = command("users", "create", "ada@example.com", PASSWORD)
    too_short = command("users", "create", "ada@example.com", stdin="secret7\n")

    assert (as_argument.exit_code, too_short.exit_code) == (2, 2)
    assert "at least 8 characters" in too_short.stderr
    assert "secret7" not in too_short.stdout + too_short.stderr


@pytest.mark.parametrize("arguments", [(), ("users", "list")], ids=["serve", "users list"])
def test_every_wrong_setting_is_one_line_before_anything_opens(
    arguments: Sequence[str], recording: Recording
) -> None:
    with variables({"DATABASE_URL": "mysql://u:geheim@h/d", "PORT": "-1"}):
        if arguments:
            refused = command(*arguments)
            exit_code, told = refused.exit_code, refused.stderr
        else:
            ended = run_command(STEP)
            exit_code, told = ended.returncode, ended.stderr

    assert exit_code == 2
    assert sorted(re.findall(r"^\w+", told, re.MULTILINE)) == ["DATABASE_URL", "PORT"]
    assert "geheim" not in told
    assert recording.events == []


def test_a_database_that_does_not_answer_is_one_line() -> None:
    with variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}):
        refused = command("users", "list")

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert re.fullmatch(r"DATABASE_URL: .+\n", refused.stderr)


# What it opens


@pytest.mark.parametrize(
    "arguments", [("users", "list"), ("users", "create", "ada@example.com")], ids=" ".join
)
def test_a_command_opens_a_database_and_nothing_else_and_closes_it(
    arguments: Sequence[str], recording: Recording
) -> None:
    assert command(*arguments, stdin=PASSWORD).exit_code == 0

    opened_and_closed = ["engine 1 opened", "engine 1 closed"]
    assert recording.of_kind("engine", "S3 client") == opened_and_closed
    assert recording.left_open() == []


def test_a_command_that_fails_closes_its_database(recording: Recording) -> None:
    sign_up = ("users", "create", "ada@example.com")
    assert [command(*sign_up, stdin=PASSWORD).exit_code for _ in range(2)] == [0, 1]

    assert recording.count("engine", "opened") == recording.count("engine", "closed") == 2
    assert recording.left_open() == []


def test_a_command_does_without_s3_and_the_served_app_does_not() -> None:
    with variables({"AWS_DEFAULT_REGION": "not a region"}):
        assert command("users", "list").exit_code == 0
        with (
            pytest.raises(ConfigurationError, match="AWS_DEFAULT_REGION"),
            TestClient(create_app()),
        ):
            pass


def test_an_engine_that_cannot_be_reached_is_closed(recording: Recording) -> None:
    async def open_and_close(config: Config) -> None:
        async with open_user_service(config):
            raise AssertionError("it opened")

    with variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}):
        config = Config.from_env(s3=False)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        on_event_loop(open_and_close, config)

    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


# Without FastAPI

NEED_NO_FASTAPI = [
    f"{step.package}.{module}"
    for step in STEPS
    for module in ("container", "app", "infra", "containers", "cli", "process", "worker")
    if step.has(module)
]


@pytest.mark.parametrize("module", NEED_NO_FASTAPI)
def test_what_is_not_http_is_imported_where_fastapi_is_missing(module: str) -> None:
    assert import_without_fastapi(module) == "imported"


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.has("cli")], ids=lambda step: step.name
)
def test_commands_work_where_fastapi_is_missing(step: Step) -> None:
    sign_up = ("users", "create", "ada@example.com")
    created = run_without_fastapi(step.package, *sign_up, stdin=PASSWORD)

    assert (created.returncode, created.stdout) == (0, "1 ada@example.com\n"), created.stderr
    assert run_without_fastapi(step.package, "users", "list").stdout == "1 ada@example.com\n"
    assert "fastapi" in run_without_fastapi(step.package).stderr  # to serve, it is needed


# The served app


def test_a_signal_before_the_server_runs_stops_it_and_one_after_it_changes_nothing() -> None:
    assert exit_code_and_closings(STEP.package) == (0, ["S3 client", "engine"])
