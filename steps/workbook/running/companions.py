"""A worker and the command line find the step that `make run` serves, in another process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TypedDict

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from steps.domain.entities import Export
from steps.domain.errors import ConfigurationError
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.workbook.catalogue import PROJECT, Step, find_step, first_step_with
from steps.workbook.world.environment import variables
from steps.workbook.world.terminal import handle_signals, nobody_reads

NOTES, PREFIX = PROJECT, ".served."
SHARED = ("DATABASE_URL", "S3_ENDPOINT_URL", "CELERY_BROKER_URL")
"""What the app and its worker must agree on."""

COMMANDS, WORKER = "cli", "worker"
"""The modules of a step that make them."""

NAMES = {COMMANDS: "commands", WORKER: "a worker"}

LOOK_S = 0.5
"""How often a worker looks whether its step is still served, in seconds."""


class Note(TypedDict):
    """Which process serves which step, what it was given, and which variables were there before."""

    process: int
    url: str
    step: int
    added: dict[str, str]
    own: list[str]


@contextmanager
def note_served(step: Step, url: str, added: Mapping[str, str]) -> Iterator[None]:
    """Tell commands where a step that has some is served, and what its environment was given.

    What was there before may be secret and is only named.
    """
    if not step.has(COMMANDS):
        yield
        return
    note: Note = {
        "process": os.getpid(),
        "url": url,
        "step": step.number,
        "added": {name: value for name, value in added.items() if name != "API_KEY"},
        "own": [name for name in SHARED if name not in added],
    }
    file = NOTES / f"{PREFIX}{os.getpid()}.json"
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(note), encoding="utf-8")
    unfinished.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def work() -> int:
    """Run the worker of the step that is being served, until Ctrl-C or until that step ends.

    It also ends when nobody reads its output any more. Returns its exit code. Raises
    ConfigurationError when no step with a worker is served, or when a variable is missing here.
    """
    note = _note_with(WORKER)
    stops: list[int] = []
    handle_signals(lambda number, _: stops.append(number))
    # Away from the signals of our terminal: Celery would lose processes in the middle of a task,
    # and start itself again when the terminal is closed.
    worker = _start(note, [WORKER], start_new_session=True)
    told = 0
    while True:
        try:
            exit_code = worker.wait(timeout=LOOK_S)
            return 0 if nobody_reads() else exit_code
        except subprocess.TimeoutExpired:
            is_served = psutil.pid_exists(note["process"])
            if not stops and (nobody_reads() or not is_served):
                stops.append(signal.SIGTERM)
            if told < len(stops):
                _end_worker(worker, stops[told], at_once=told > 0)
                told += 1
                if not is_served and not nobody_reads():
                    print("The step is not served any more, so its worker ends.", flush=True)


def _end_worker(worker: "subprocess.Popen[bytes]", number: int, *, at_once: bool) -> None:
    """Let it end after the tasks that it works on, or at once."""
    if sys.platform != "win32":
        worker.send_signal(signal.SIGQUIT if at_once else signal.SIGTERM)
    elif number != signal.SIGINT:  # which the terminal has sent to it, too
        worker.terminate()


def command(arguments: Sequence[str]) -> int:
    """Run a command of the step that is being served; return its exit code, as `work` does."""
    return _start(_note_with(COMMANDS), arguments).wait()


def print_export(export_id: int) -> int:
    """Print the file of an export of the step that is being served; return the exit code.

    Raises ConfigurationError, as `work` does, and when there is no such file.
    """
    note = _note_with(WORKER)
    # Imported here: no other step's start waits for Celery.
    config_of_step = import_module(f"{find_step(note['step']).package}.config")
    with variables(note["added"]):
        config = config_of_step.Config.from_env()
        s3_client = open_s3_client(config)
        name = Export.name_of(export_id)
        try:
            file = s3_client.get_object(Bucket=config.export_bucket, Key=name)["Body"]
            print(file.read().decode(), end="")
        except (BotoCoreError, ClientError):
            raise ConfigurationError(f"Export {export_id} has no file (yet).") from None
        finally:
            close_s3_client(s3_client)
    return 0


def _start(
    note: Note, arguments: Sequence[str], *, start_new_session: bool = False
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", find_step(note["step"]).package, *arguments],
        env={**os.environ, **note["added"]},
        start_new_session=start_new_session,
    )


def _note_with(module: str) -> Note:
    """Choose the newest of those that are served and have this module."""
    notes = [note for note in _read_notes() if find_step(note["step"]).has(module)]
    if not notes:
        number = first_step_with(module).number
        raise ConfigurationError(
            f"Nothing is served that has {NAMES[module]}. First: make run STEP={number}"
        )
    note = notes[-1]
    if missing := [name for name in note["own"] if not os.environ.get(name)]:
        raise ConfigurationError(f"Set {', '.join(missing)} here, as for `make run`.")
    if len(notes) > 1:
        print(f"Several are served. This goes to {note['url']}, the newest.", file=sys.stderr)
    return note


def _read_notes() -> list[Note]:
    """Return the notes of the processes that are still there, the newest last."""
    notes: dict[int, Note] = {}
    for file in NOTES.glob(f"{PREFIX}*.json"):
        with suppress(FileNotFoundError):  # it has just ended
            note: Note = json.loads(file.read_text(encoding="utf-8"))
            if psutil.pid_exists(note["process"]):
                notes[file.stat().st_mtime_ns] = note
            else:
                file.unlink()
    return [notes[written] for written in sorted(notes)]
