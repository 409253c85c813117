"""How `make run` and `make worker` end, besides Ctrl-C: with nothing left of them."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from steps.workbook.catalogue import find_step
from steps.workbook.running import companions
from steps.workbook.running.serve_step import _reserve
from steps.workbook.world.environment import embedded_environment, new_database
from steps.workbook.world.serving import HOST, reserve_port, serve_module, url_of
from steps.workbook.world.stopping import closings_in, wait_until_refused

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

PATIENCE_S = 30
RUN = """
import logging
from steps.workbook.__main__ import cli
logging.basicConfig()
logging.getLogger("steps").setLevel(logging.INFO)
cli(["run", "10", "--port", "1024"])
"""
WORKER = """
import sys
from pathlib import Path
from steps.workbook.running import companions
companions.NOTES = Path(sys.argv[1])
sys.exit(companions.work())
"""


@contextmanager
def start(script: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Start a script in a process group of its own, whose output is read through pipes."""
    own = dict.fromkeys(("DATABASE_URL", "S3_ENDPOINT_URL", "API_KEY", "CELERY_BROKER_URL"), "")
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, **({} if arguments else own)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serve_step_10() -> "Iterator[tuple[subprocess.Popen[str], str, Path]]":
    """Run `make run STEP=10`; give out the process, its URL and its temporary folder."""
    with start(RUN) as process:
        assert process.stdout is not None
        shown = ""
        while "DATABASE_URL" not in shown:
            line = process.stdout.readline()
            assert line, shown
            shown += line
        (url,) = re.findall(r"(http://\S+)/docs", shown)
        (database,) = re.findall(r"sqlite:///([^\s']+)", shown)
        assert Path(database).exists()
        yield process, url, Path(database).parent


@contextmanager
def request_that_hangs(url: str) -> Iterator[None]:
    """Send a request whose end never comes; leaving waits until it has been cut short."""
    address = HOST, int(url.rpartition(":")[2])
    with socket.create_connection(address, PATIENCE_S) as caller:
        lines = "POST /users HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 9"
        caller.sendall("\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode())
        assert b"100" in caller.recv(99)  # somebody waits for the rest of it
        yield
        assert b"500" in caller.recv(99)


def test_a_second_ctrl_c_ends_a_request_that_hangs_and_closes_the_rest() -> None:
    with serve_step_10() as (process, url, folder):
        with request_that_hangs(url):
            os.killpg(process.pid, signal.SIGHUP)  # the terminal is closed
            wait_until_refused(url)
            os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=PATIENCE_S)[1]

    assert process.returncode == 0
    assert closings_in(errors.splitlines()) == ["S3 client", "engine"]
    assert "Traceback" not in errors
    assert "exceeded" not in errors  # which would be the end of the patience, not Ctrl-C
    assert not folder.exists()


def test_a_second_ctrl_c_closes_what_a_program_of_a_step_has_opened() -> None:
    with (
        new_database(),
        serve_module([find_step(10).package], environment={"PORT": "0"}) as server,
        request_that_hangs(server.url),
    ):
        server.process.send_signal(signal.SIGINT)
        wait_until_refused(server.url)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(PATIENCE_S) == 0

    assert closings_in(server.lines) == ["S3 client", "engine"]


def test_a_step_is_closed_when_nobody_reads_its_output_any_more() -> None:
    with serve_step_10() as (process, _, folder):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # as `make run | head -1` does
        process.wait(PATIENCE_S)
        errors = process.stderr.read()

    assert process.returncode == 0
    assert closings_in(errors.splitlines()) == ["S3 client", "engine"]
    assert "Traceback" not in errors
    assert not folder.exists()


def test_a_worker_and_its_processes_end_when_the_terminal_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "NOTES", tmp_path)
    with (
        embedded_environment() as added,
        companions.note_served(find_step(12), "http://served", added),
        start(WORKER, str(tmp_path)) as process,
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        shown = ""
        while shown.count("has opened its container") < 2 or " ready." not in shown:
            line = process.stderr.readline()
            assert line, shown
            shown += line
        process.stdout.close()
        processes = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGHUP)
        process.wait(PATIENCE_S)
        shown += process.stderr.read()
        alive = psutil.wait_procs(processes, PATIENCE_S)[1]

    assert len(processes) == 3
    assert alive == []
    assert process.returncode == 0
    assert sorted(closings_in(shown.splitlines())) == ["S3 client"] * 2 + ["engine"] * 2
    assert "Traceback" not in shown


def test_of_two_that_want_one_port_at_the_same_time_both_get_one() -> None:
    with reserve_port() as free:
        port = int(url_of(free).rpartition(":")[2])
    with _reserve(port) as first, _reserve(port) as second:
        assert url_of(first).endswith(f":{port}")
        assert url_of(second) != url_of(first)
