"""A worker and the command line find the step that `make run` serves, in another process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TypedDict

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from steps.domain.entities import Export
from steps.domain.errors import ConfigurationError
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.workbook.catalogue import PROJECT, Step, find_step, first_step_with
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import STOP_SIGNAL

NOTE = PROJECT / ".served.json"
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
    step: int
    added: dict[str, str]
    own: list[str]


@contextmanager
def note_served(step: Step, added: Mapping[str, str]) -> Iterator[None]:
    """Tell commands what was added to the environment, while a step that has some is served.

    What was there before may be secret and is only named.
    """
    if not step.has(COMMANDS):
        yield
        return
    note: Note = {
        "process": os.getpid(),
        "step": step.number,
        "added": {name: value for name, value in added.items() if name != "API_KEY"},
        "own": [name for name in SHARED if name not in added],
    }
    before = _read_note()
    NOTE.write_text(json.dumps(note), encoding="utf-8")
    try:
        yield
    finally:
        if before is not None:  # another one is still served
            NOTE.write_text(json.dumps(before), encoding="utf-8")
        elif (now := _read_note()) is None or now["process"] == os.getpid():
            NOTE.unlink(missing_ok=True)


def work() -> int:
    """Run the worker of the step that is being served, until Ctrl-C or until that step ends.

    Returns its exit code. Raises ConfigurationError when no step with a worker is served, or when
    a variable is missing here.
    """
    note = _note_with(WORKER)
    worker = _start(note, [WORKER])
    while True:
        try:
            return worker.wait(timeout=LOOK_S)
        except subprocess.TimeoutExpired:
            if not psutil.pid_exists(note["process"]):
                print("The step is not served any more, so its worker ends.", flush=True)
                worker.send_signal(STOP_SIGNAL)
                return worker.wait()
        except KeyboardInterrupt:
            continue  # the terminal has told the worker, too: it ends after its tasks


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


def _start(note: Note, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    process = [sys.executable, "-m", find_step(note["step"]).package, *arguments]
    return subprocess.Popen(process, env={**os.environ, **note["added"]})  # noqa: S603


def _note_with(module: str) -> Note:
    note = _read_note()
    if note is None or not find_step(note["step"]).has(module):
        number = first_step_with(module).number
        raise ConfigurationError(
            f"Nothing is served that has {NAMES[module]}. First: make run STEP={number}"
        )
    if missing := [name for name in note["own"] if not os.environ.get(name)]:
        raise ConfigurationError(f"Set {', '.join(missing)} here as you did for `make run`.")
    return note


def _read_note() -> Note | None:
    """Return the note of a process that is still there."""
    try:
        note: Note = json.loads(NOTE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return note if psutil.pid_exists(note["process"]) else None
