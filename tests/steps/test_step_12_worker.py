"""Step 12: a worker is a third entry point, and opens what it needs in each of its processes."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import Celery
from typer.testing import CliRunner, Result

from steps.domain.entities import Export
from steps.domain.errors import ConfigurationError
from steps.infrastructure.object_storage import close_s3_client, open_s3_client, put_object
from steps.infrastructure.task_queue import celery_settings, check_broker_url, open_task_queue
from steps.step_12_worker import containers, process
from steps.step_12_worker.config import Config
from steps.step_12_worker.export_cli import cli
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.running import companions as served
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import CREATION_FLAGS
from steps.workbook.world.worker_processes import WorkerDidNotStart, run_worker

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

TIMEOUT_S = 60


def command(*arguments: str) -> Result:
    """Run a command in this process, which saves the start of another."""
    return CliRunner().invoke(cli, arguments)


# The commands about exports


def test_an_export_is_asked_for_on_the_command_line() -> None:
    asked = command("exports", "create")

    assert (asked.exit_code, asked.stdout) == (0, "1 waiting\n")
    assert command("exports", "show", "1").stdout == "1 waiting\n"


REFUSED = {
    "an unknown export": (("exports", "show", "7"), "There is no export with this id.", 1),
    "no id": (("exports", "show", "x"), "Invalid value for", 2),
    "a command that is not there": (("exports", "forget"), "No such command", 2),
}


@pytest.mark.parametrize(("arguments", "reason", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_an_exit_code_and_a_reason_without_a_traceback(
    arguments: Sequence[str], reason: str, code: int
) -> None:
    refused = command(*arguments)

    assert (refused.exit_code, refused.stdout) == (code, "")
    assert reason in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("arguments", [("worker",), ("exports", "create")], ids=" ".join)
def test_every_wrong_setting_is_one_line_before_anything_opens(arguments: Sequence[str]) -> None:
    wrong = {"DATABASE_URL": "mysql://u:geheim@h/d", "CELERY_BROKER_URL": "ftp://u:geheim@h"}
    with variables({**wrong, "EXPORT_LEASE_S": "0"}):
        refused = command(*arguments)

    names = ["DATABASE_URL", "CELERY_BROKER_URL", "EXPORT_LEASE_S"]
    assert refused.exit_code == 2
    assert sorted(re.findall(r"^\w+", refused.stderr, re.MULTILINE)) == sorted(names)
    assert "geheim" not in refused.stderr


# What each entry point opens


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note for which broker a queue is opened by a container, and open it."""
    opened: list[str] = []

    def note(broker_url: str) -> Celery:
        opened.append(urlsplit(broker_url).scheme)
        return open_task_queue(broker_url)

    monkeypatch.setattr(containers, "open_task_queue", note)
    return opened


def test_users_need_a_database_exports_a_queue_too_and_neither_needs_s3(
    queues: list[str], recording: Recording
) -> None:
    assert command("users", "list").exit_code == 0
    assert queues == []

    assert command("exports", "create").exit_code == command("exports", "show", "1").exit_code == 0
    assert queues == ["filesystem"] * 2
    assert recording.count("engine", "opened") == recording.count("engine", "closed") == 3
    assert recording.of_kind("S3 client") == []


def test_a_command_does_without_s3_and_a_worker_does_not() -> None:
    with variables({"AWS_DEFAULT_REGION": "not a region"}):
        assert command("exports", "create").exit_code == 0
        refused = command("worker")

    assert refused.exit_code == 2
    assert refused.stderr.startswith("AWS_DEFAULT_REGION: ")


# Messages


@pytest.mark.parametrize(
    "url",
    ["", "ftp://u:geheim@h", "redis", "filesystem://geheim", "redis://h:geheim", "amqp://[geheim"],
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


# One process, one container


def test_a_process_opens_no_queue_and_closes_what_it_opened_in_reverse(
    queues: list[str], recording: Recording
) -> None:
    with process.open_process(Config.from_env()) as opened:
        opened.run(opened.writer.write_unclaimed())

    assert queues == []
    assert recording.of_kind("engine", "S3 client") == [
        "engine 1 opened",
        "S3 client 1 opened",
        "S3 client 1 closed",
        "engine 1 closed",
    ]


def test_where_s3_cannot_be_opened_the_engine_is_closed(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Config) -> None:
        raise ConfigurationError("S3: refused")

    monkeypatch.setattr(containers, "open_s3_client", refuse)

    with (
        pytest.raises(ConfigurationError, match="S3: refused"),
        process.open_process(Config.from_env()),
    ):
        pass

    assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork: there it is one process")
def test_a_worker_without_a_database_goes_on_trying(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    url = f"sqlite:///{(folder / 'accounts.db').as_posix()}"
    with run_worker({"DATABASE_URL": url}, processes=1, wait=False) as worker:
        worker.wait_for("unable to open database file")
        folder.mkdir()

        assert worker.ready.wait(TIMEOUT_S)
        assert worker.opened
        worker.kill()


def test_a_worker_with_a_wrong_setting_does_not_start() -> None:
    with (
        pytest.raises(WorkerDidNotStart, match=r"^EXPORT_LEASE_S: .+$"),
        run_worker({"EXPORT_LEASE_S": "soon"}),
    ):
        pass


# make worker


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    note = tmp_path / "served.json"
    monkeypatch.setattr(served, "NOTE", note)
    return note


def test_make_worker_without_make_run_says_what_to_do(note: Path) -> None:
    with pytest.raises(ConfigurationError, match="First: make run STEP=12"):
        served.work()


def test_make_worker_after_a_run_that_was_killed_says_what_to_do(note: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(TIMEOUT_S)
    note.write_text(f'{{"process": {gone.pid}, "own": [], "added": {{}}, "step": 12}}')

    with pytest.raises(ConfigurationError, match="First: make run STEP=12"):
        served.work()


def test_the_note_for_make_worker_names_settings_of_yours_and_keeps_no_secret(note: Path) -> None:
    with served.note_served(find_step(12), {"API_KEY": "geheim", "S3_ENDPOINT_URL": "http://s3"}):
        text = note.read_text(encoding="utf-8")
        with (
            variables({"DATABASE_URL": None}),
            pytest.raises(ConfigurationError, match=r"^Set DATABASE_URL here"),
        ):
            served.work()

    assert "geheim" not in text
    assert not note.exists()


def test_a_worker_ends_with_the_step_that_it_works_for(
    note: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for_ever = [sys.executable, "-c", "import time; time.sleep(600)"]
    started: list[list[str]] = []

    def start(_: served.Note, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        started.append(list(arguments))
        step.kill()  # what is served ends just now
        step.wait()
        return subprocess.Popen(for_ever, creationflags=CREATION_FLAGS)  # noqa: S603

    step = subprocess.Popen(for_ever)  # noqa: S603
    note.write_text(f'{{"process": {step.pid}, "own": [], "added": {{}}, "step": 12}}')
    monkeypatch.setattr(served, "_start", start)

    assert served.work() != 0
    assert started == [["worker"]]
    assert capsys.readouterr().out == "The step is not served any more, so its worker ends.\n"


def test_the_file_of_an_export_is_printed_once_it_is_there(
    note: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config.from_env()
    s3_client = open_s3_client(config)
    put_object(s3_client, config.export_bucket, Export.name_of(1), b"id,email\n")
    close_s3_client(s3_client)

    with served.note_served(find_step(12), {}):
        assert served.print_export(1) == 0
        with pytest.raises(ConfigurationError, match="Export 2 has no file"):
            served.print_export(2)

    assert capsys.readouterr().out == "id,email\n"


def test_of_two_that_are_served_the_first_has_its_note_again_when_the_second_ends(
    note: Path,
) -> None:
    first = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    text = f'{{"process": {first.pid}, "own": [], "added": {{}}, "step": 12}}'
    note.write_text(text)
    with served.note_served(find_step(12), {}):
        assert note.read_text() != text

    assert json.loads(note.read_text()) == json.loads(text)
    first.communicate()


def test_a_step_without_commands_leaves_no_note(note: Path) -> None:
    with served.note_served(find_step(10), {}):
        assert not note.exists()


def test_a_step_with_commands_and_no_worker_is_served_without_one(
    note: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with served.note_served(find_step(11), {}):
        assert served.command(["users", "list"]) == 0
        with pytest.raises(ConfigurationError, match="First: make run STEP=12"):
            served.work()

    assert capfd.readouterr().out == ""
