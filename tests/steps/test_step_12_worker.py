"""Step 12: commands about exports, and a worker: each process opens what it needs."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from typer.testing import CliRunner, Result

from steps.domain.errors import ConfigurationError
from steps.domain.urls import sqlite_url
from steps.infrastructure.object_storage import S3Client
from steps.infrastructure.task_queue import celery_settings, check_broker_url, open_task_queue
from steps.step_12_worker import containers
from steps.step_12_worker.config import Config
from steps.step_12_worker.export_cli import cli
from steps.step_12_worker.process import open_process
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_12.exports import ask_for_export
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.worker_processes import WorkerDidNotStart, run_command, run_worker

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

PASSWORD = "correct horse battery"
PATIENCE_S = 60


def command(*arguments: str, stdin: str = "") -> Result:
    """Run a command in this process, which saves the start of another."""
    return CliRunner().invoke(cli, arguments, stdin)


@pytest.fixture
def task_queues(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs of the brokers for which a container has opened a task queue."""
    urls: list[str] = []

    def open_and_note(url: str) -> object:
        urls.append(url)
        return open_task_queue(url)

    monkeypatch.setattr(containers, "open_task_queue", open_and_note)
    return urls


# Commands about exports


def test_an_export_is_asked_for_on_the_command_line() -> None:
    asked = command("exports", "create")

    assert (asked.exit_code, asked.stdout) == (0, "1 waiting\n")
    assert command("exports", "show", "1").stdout == "1 waiting\n"


REFUSED = {
    "an unknown export": (("exports", "show", "7"), "There is no export with this id.", 1),
    "no id": (("exports", "show", "x"), "Invalid value for", 2),
    "no process": (("worker", "--processes", "0"), "Invalid value for", 2),
}


@pytest.mark.parametrize(("arguments", "reason", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_an_exit_code_and_a_reason_without_a_traceback(
    arguments: Sequence[str], reason: str, code: int
) -> None:
    refused = command(*arguments)

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert reason in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "arguments", [(), ("worker",), ("users", "list"), ("exports", "show", "1")], ids=" ".join
)
def test_every_wrong_setting_is_one_line_before_anything_opens(arguments: Sequence[str]) -> None:
    wrong = {"DATABASE_URL": "mysql://u:geheim@h/d", "CELERY_BROKER_URL": "ftp://u:geheim@h"}
    with variables({**wrong, "EXPORT_LEASE_S": "0"}):
        if arguments:
            refused = command(*arguments)
            exit_code, told = refused.exit_code, refused.stderr
        else:
            ended = run_command(find_step(12))
            exit_code, told = ended.returncode, ended.stderr

    names = ["DATABASE_URL", "CELERY_BROKER_URL", "EXPORT_LEASE_S"]
    assert exit_code == 2
    assert sorted(re.findall(r"^\w+", told, re.MULTILINE)) == sorted(names)
    assert "geheim" not in told


def test_a_wrong_aws_variable_stops_the_worker_and_no_command_about_exports() -> None:
    with variables({"AWS_DEFAULT_REGION": "no region"}):
        asked, worker = command("exports", "create"), command("worker")

    assert asked.exit_code == 0
    assert worker.exit_code == 2
    assert worker.stderr == "AWS_DEFAULT_REGION: this cannot be the name of a region\n"


# What each way in opens and closes


def test_a_command_about_users_opens_no_task_queue(task_queues: list[str]) -> None:
    created = command("users", "create", "ada@example.com", stdin=PASSWORD)
    listed = command("users", "list")

    assert (created.exit_code, listed.exit_code) == (0, 0)
    assert task_queues == []


@pytest.mark.parametrize(
    "arguments", [("exports", "create"), ("exports", "show", "1")], ids=" ".join
)
def test_a_command_about_exports_opens_a_database_and_a_task_queue_and_no_s3(
    arguments: Sequence[str], task_queues: list[str], recording: Recording
) -> None:
    command("exports", "create")

    assert command(*arguments).exit_code == 0
    assert len(task_queues) == 2
    assert recording.of_kind("engine", "S3 client") == [
        *("engine 1 opened", "engine 1 closed"),
        *("engine 2 opened", "engine 2 closed"),
    ]


def test_a_workers_process_opens_its_container_and_closes_it_in_reverse(
    task_queues: list[str], recording: Recording
) -> None:
    with open_process(Config.from_env()) as process:
        process.run(process.writer.write_unclaimed())

    assert recording.of_kind("engine", "S3 client") == [
        "engine 1 opened",
        "S3 client 1 opened",
        "S3 client 1 closed",
        "engine 1 closed",
    ]
    assert task_queues == []


def test_a_worker_whose_s3_client_cannot_be_made_has_closed_its_engine(
    recording: Recording,
) -> None:
    with (
        variables({"AWS_DEFAULT_REGION": "no region"}),
        pytest.raises(ConfigurationError, match=r"^S3: "),
        open_process(Config()),
    ):
        pass

    assert recording.of_kind("engine", "S3 client") == ["engine 1 opened", "engine 1 closed"]


def test_a_worker_whose_s3_client_does_not_close_closes_its_engine(
    monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    def refuse(_: S3Client) -> None:
        raise OSError("the S3 client does not close")

    monkeypatch.setattr(containers, "close_s3_client", refuse)

    with pytest.raises(OSError, match="does not close"), open_process(Config.from_env()):
        pass

    assert recording.left_open() == ["S3 client 1"]
    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


def test_a_use_case_that_fails_leaves_nothing_open(recording: Recording) -> None:
    async def fail() -> None:
        raise RuntimeError("on purpose")

    with (
        pytest.raises(RuntimeError, match="on purpose"),
        open_process(Config.from_env()) as process,
    ):
        process.run(fail())

    assert recording.count("engine", "closed") == recording.count("S3 client", "closed") == 1
    assert recording.left_open() == []


def test_a_container_for_asking_closes_its_engine(recording: Recording) -> None:
    anyio.run(ask_for_export)

    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


# Messages


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://u:geheim@h", "redis", "filesystem://geheim", "redis://h:geheim"),
        *("amqp://[geheim", "filesystem:///C# geheim/broker", "filesystem:///geheim?/broker"),
    ],
)
def test_what_is_no_broker_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^CELERY_BROKER_URL: ") as caught:
        check_broker_url(url)

    assert "geheim" not in str(caught.value)


def test_a_broker_is_told_what_keeps_messages_safe() -> None:
    settings = celery_settings("redis://host")

    assert settings["task_acks_late"]
    assert settings["task_reject_on_worker_lost"]
    assert settings["accept_content"] == ["json"]
    assert settings["worker_prefetch_multiplier"] == 1


def test_the_password_of_a_broker_is_in_no_repr() -> None:
    with variables({"CELERY_BROKER_URL": "redis://:geheim@host/0"}):
        assert "geheim" not in repr(Config.from_env())


# The worker's start


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork: there it is one process")
def test_a_worker_without_a_database_goes_on_trying(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    url = sqlite_url(folder / "accounts.db")
    with run_worker({"DATABASE_URL": url}, processes=1, wait=False) as worker:
        worker.wait_for("unable to open database file")
        folder.mkdir()

        assert worker.ready.wait(PATIENCE_S)
        assert worker.opened
        worker.kill()


def test_a_worker_with_a_wrong_setting_does_not_start() -> None:
    with (
        pytest.raises(WorkerDidNotStart, match=r"^EXPORT_LEASE_S: .+$"),
        run_worker({"EXPORT_LEASE_S": "soon"}),
    ):
        pass
