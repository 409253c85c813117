"""Commands and a worker find the step that `make run` serves, in another process."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from steps.domain.entities import Export
from steps.domain.errors import ConfigurationError
from steps.domain.urls import sqlite_url
from steps.infrastructure.object_storage import close_s3_client, open_s3_client, put_object
from steps.step_12_worker.config import Config
from steps.workbook.catalogue import find_step
from steps.workbook.running import companions
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import CREATION_FLAGS
from steps.workbook.world.worker_processes import run_command

pytestmark = pytest.mark.usefixtures("environment")

PATIENCE_S = 60
URL = "http://127.0.0.1:8000"


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The note of another process."""
    monkeypatch.setattr(companions, "NOTES", tmp_path)
    return tmp_path / f"{companions.PREFIX}1.json"


def test_make_worker_without_make_run_says_what_to_do(note: Path) -> None:
    with pytest.raises(ConfigurationError, match="First: make run STEP=12"):
        companions.work()


def test_make_worker_after_a_run_that_was_killed_says_what_to_do(note: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(PATIENCE_S)
    note.write_text(f'{{"process": {gone.pid}, "own": [], "added": {{}}, "step": 12}}', "utf-8")

    with pytest.raises(ConfigurationError, match="First: make run STEP=12"):
        companions.work()


def test_the_note_for_make_worker_names_settings_of_yours_and_keeps_no_secret(note: Path) -> None:
    added = {"API_KEY": "geheim", "S3_ENDPOINT_URL": "http://s3"}
    with companions.note_served(find_step(12), URL, added):
        (own,) = note.parent.glob(".served.*")
        text = own.read_text(encoding="utf-8")
        with (
            variables({"DATABASE_URL": None}),
            pytest.raises(ConfigurationError, match=r"^Set DATABASE_URL here"),
        ):
            companions.work()

    assert "geheim" not in text
    assert not own.exists()


def test_all_that_is_to_be_set_for_a_worker_fits_in_one_line(note: Path) -> None:
    with (
        companions.note_served(find_step(12), URL, {}),
        variables(dict.fromkeys(companions.SHARED)),
        pytest.raises(ConfigurationError, match=", ".join(companions.SHARED)) as caught,
    ):
        companions.work()

    assert len(str(caught.value)) <= 80


def test_a_worker_ends_with_the_step_that_it_works_for(
    note: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for_ever = [sys.executable, "-c", "import time; time.sleep(600)"]
    started: list[list[str]] = []

    def ignore(_: object) -> None: ...

    def start(_: companions.Note, arguments: Sequence[str], **__: bool) -> subprocess.Popen[bytes]:
        started.append(list(arguments))
        step.kill()  # what is served ends just now
        step.wait()
        return subprocess.Popen(for_ever, creationflags=CREATION_FLAGS)  # noqa: S603

    step = subprocess.Popen(for_ever)  # noqa: S603
    note.write_text(f'{{"process": {step.pid}, "own": [], "added": {{}}, "step": 12}}', "utf-8")
    monkeypatch.setattr(companions, "_start", start)
    monkeypatch.setattr(companions, "handle_signals", ignore)  # those of this process stay its own

    assert companions.work() != 0
    assert started == [["worker"]]
    assert capsys.readouterr().out == "The step is not served any more, so its worker ends.\n"


def test_a_worker_ends_when_nobody_reads_its_output_any_more(
    note: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as worker:
        monkeypatch.setattr(companions, "_start", lambda *_, **__: worker)
        monkeypatch.setattr(companions, "handle_signals", lambda _: None)
        monkeypatch.setattr(companions, "nobody_reads", lambda: True)
        with companions.note_served(find_step(12), URL, {}):
            assert companions.work() == 0

    assert worker.returncode != 0


def test_the_file_of_an_export_is_printed_once_it_is_there(
    note: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config.from_env()
    s3_client = open_s3_client(config)
    put_object(s3_client, config.export_bucket, Export.name_of(1), b"id,email\n")
    close_s3_client(s3_client)

    with companions.note_served(find_step(12), URL, {}):
        assert companions.print_export(1) == 0
        with pytest.raises(ConfigurationError, match="Export 2 has no file"):
            companions.print_export(2)

    assert capsys.readouterr().out == "id,email\n"


def test_of_several_that_are_served_the_newest_is_chosen_and_named(
    note: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = {"process": os.getppid(), "url": "http://first", "step": 12, "added": {}, "own": []}
    note.write_text(json.dumps(other), encoding="utf-8")
    os.utime(note, (1, 1))
    with companions.note_served(find_step(11), URL, {"S3_ENDPOINT_URL": "http://s3"}):
        assert companions.command(["users", "list"]) == 0
        shown = capfd.readouterr().err
        with pytest.raises(ConfigurationError, match="Export 1 has no file"):
            companions.print_export(1)  # which the newest has none of

    assert shown.splitlines()[0] == f"Several are served. This goes to {URL}, the newest."
    assert capfd.readouterr().err == ""
    assert [file.name for file in note.parent.glob(".served.*")] == [note.name]


def test_a_step_without_commands_leaves_no_note(note: Path) -> None:
    with companions.note_served(find_step(10), URL, {}):
        assert not [*note.parent.glob(".served.*")]


def test_a_step_with_commands_and_no_worker_is_served_without_one(
    note: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with companions.note_served(find_step(11), URL, {}):
        assert companions.command(["users", "list"]) == 0
        with pytest.raises(ConfigurationError, match=r"a worker\. First: make run STEP=12"):
            companions.work()
        with pytest.raises(ConfigurationError, match=r"a worker\. First: make run STEP=12"):
            companions.print_export(1)

    assert capfd.readouterr().out == ""


def test_a_command_goes_to_the_database_of_the_step_that_is_served(
    note: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = sqlite_url(tmp_path / "of_the_served_step.db")
    with variables({"DATABASE_URL": url}):
        run_command(find_step(11), "users", "create", "ada@example.com", stdin="correct horse")

    with companions.note_served(find_step(11), URL, {"DATABASE_URL": url}):
        assert companions.command(["users", "list"]) == 0

    assert capfd.readouterr().out == "1 ada@example.com\n"


def test_a_command_without_make_run_says_what_to_do(note: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"commands\. First: make run STEP=11"):
        companions.command(["users", "list"])
