"""A worker finds the step that `make run` serves, in another process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil

from steps.domain.errors import ConfigurationError
from steps.workbook.catalogue import PROJECT, Step, find_step

NOTE = PROJECT / ".served.json"
SHARED = ("DATABASE_URL", "S3_ENDPOINT_URL", "CELERY_BROKER_URL")
"""What the app and its worker must agree on."""


def has_worker(step: Step) -> bool:
    """Tell whether a step has a worker to be started beside it."""
    return (step.folder / "worker.py").exists()


@contextmanager
def note_served(step: Step, added: Mapping[str, str]) -> Iterator[None]:
    """Tell workers what was added to the environment, while a step with a worker is served.

    What was there before may be secret and is only named.
    """
    if not has_worker(step):
        yield
        return
    note = {
        "process": os.getpid(),
        "step": step.number,
        "added": {name: value for name, value in added.items() if name != "API_KEY"},
        "own": [name for name in SHARED if name not in added],
    }
    NOTE.write_text(json.dumps(note), encoding="utf-8")
    try:
        yield
    finally:
        NOTE.unlink(missing_ok=True)


def work() -> int:
    """Run the worker of the step that is being served until Ctrl-C; return its exit code.

    Raises ConfigurationError when none is served, or when a variable is missing here.
    """
    try:
        note = json.loads(NOTE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        note = {"process": -1}
    if not psutil.pid_exists(note["process"]):
        raise ConfigurationError("Nothing is served that has a worker. First: make run STEP=9")
    if missing := [name for name in note["own"] if not os.environ.get(name)]:
        raise ConfigurationError(f"Set {', '.join(missing)} here as you did for `make run`.")
    command = [sys.executable, "-m", find_step(note["step"]).package, "worker"]
    worker = subprocess.Popen(command, env={**os.environ, **note["added"]})  # noqa: S603
    while True:
        try:
            return worker.wait()
        except KeyboardInterrupt:
            continue  # the terminal has told the worker, too: it ends after its tasks
