"""Commands and a worker as a user would start them, each in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx2
import psutil

from steps.workbook.catalogue import Step, first_step_with
from steps.workbook.world.processes import start_without_fastapi
from steps.workbook.world.serving import CREATION_FLAGS, STOP_SIGNAL

PATIENCE_S = 60
"""How long a worker may take to start or to stop, in seconds."""


class WorkerDidNotStart(Exception):
    """The worker ended, or took too long: the lines that it wrote."""


@dataclass
class Worker:
    """A running worker and the lines that it has written so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    """The ids of its processes that have opened a container, the newest last."""
    ready: threading.Event = field(default_factory=threading.Event)
    """Set once each process is open, or once the worker has ended."""

    def wait_for(self, text: str) -> None:
        """Wait until a line holds this text. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE_S
        while not any(text in line for line in self.lines):
            if time.monotonic() > deadline:
                raise TimeoutError("\n".join(self.lines))
            time.sleep(0.01)

    def process_at(self, port: int) -> int:
        """Return the id of its process that has a connection from this port of its own."""
        for pid in reversed(self.opened):
            with suppress(psutil.NoSuchProcess):
                connections = psutil.Process(pid).net_connections("tcp")
                if any(connection.laddr.port == port for connection in connections):
                    return pid
        raise LookupError(f"no process of this worker has port {port}")

    def kill_process_at(self, port: int) -> None:
        """Kill one process of its pool in the middle of a request: the one at this port.

        Not an idle one: where a folder is the broker, Celery's pool would then work on nothing
        more, until the worker is started again. With Redis it goes on.
        """
        psutil.Process(self.process_at(port)).kill()

    def kill(self) -> None:
        """Kill the worker and its pool at once, as a machine does that loses power."""
        if sys.platform == "win32":
            self.process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """Ask it to end after the tasks that it works on. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(STOP_SIGNAL)
        return self.process.wait(PATIENCE_S)


def wait_until_done(client: httpx2.Client, export_ids: Iterable[int]) -> None:
    """Ask until every export is done. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_S
    for export_id in export_ids:
        while client.get(f"/exports/{export_id}").json()["state"] != "done":
            if time.monotonic() > deadline:
                raise TimeoutError(f"export {export_id} waits")
            time.sleep(0.01)


def run_command(step: Step, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command of a step in a process of its own, to its end."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", step.package, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )


@contextmanager
def run_worker(
    environment: Mapping[str, str] | None = None,
    *,
    processes: int = 2,
    wait: bool = True,
    fastapi: bool = True,
) -> Iterator[Worker]:
    """Run the command `worker` of the step that has one; `wait` until each process is open.

    `environment` is added to this process's own. If not `fastapi`, nothing of it can be imported
    there. Raises WorkerDidNotStart. Two processes are ready after 2 to 3 s on two shared cores.
    """
    package = first_step_with("worker").package
    start = [sys.executable, "-m", package] if fastapi else start_without_fastapi(package)
    process = subprocess.Popen(  # noqa: S603
        [*start, "worker", "--processes", str(processes)],
        env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=sys.platform != "win32",
        creationflags=CREATION_FLAGS,
    )
    worker = Worker(process)
    expected = 1 if sys.platform == "win32" else processes
    reader = threading.Thread(target=_read_lines, args=(worker, expected))
    reader.start()
    try:
        if wait and (not worker.ready.wait(PATIENCE_S) or process.poll() is not None):
            raise WorkerDidNotStart("\n".join(worker.lines))
        yield worker
    finally:
        try:
            worker.stop()
        except subprocess.TimeoutExpired:
            worker.kill()
            raise
        finally:
            reader.join()
            if process.stdout is not None:
                process.stdout.close()


def _read_lines(worker: Worker, expected: int) -> None:
    for line in worker.process.stdout or ():
        worker.lines.append(line.rstrip())
        if found := re.search(r"Process (\d+) has opened its container", line):
            worker.opened.append(int(found[1]))
        if len(worker.opened) >= expected and any("ready." in line for line in worker.lines):
            worker.ready.set()
    worker.process.wait()
    worker.ready.set()
