"""Real servers on the loopback interface: in a thread of this process, or in processes."""

import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypedDict

import httpx2
import uvicorn

HOST = "127.0.0.1"


class _Loopback(TypedDict):
    trust_env: bool
    verify: bool


LOOPBACK: _Loopback = {"trust_env": False, "verify": False}
"""How a client reaches HOST: past every proxy, and without loading certificates, which takes long.

Nothing here uses TLS, so nobody would check them.
"""

LOOP = "asyncio:SelectorEventLoop" if sys.platform == "win32" else "auto"
"""On Windows, PostgreSQL's driver can await nothing on the event loop that is usual there."""

if sys.platform == "win32":
    STOP_SIGNAL = signal.CTRL_BREAK_EVENT
    CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP  # else the signal would stop us, too
else:
    STOP_SIGNAL = signal.SIGTERM
    CREATION_FLAGS = 0

_SILENCE = logging.NullHandler()


class ServerDidNotStart(Exception):
    """The app's start-up failed, or the server never began to listen."""


def reserve_port(port: int = 0) -> socket.socket:
    """Return a socket bound to a port of the loopback interface; port 0 takes any free one.

    It does not listen yet: uvicorn does that once the app has started, so until then nobody gets
    in. The protocol is named because asyncio turns off Nagle's algorithm only where it is; with
    it on, an answer whose body follows its head in a second packet takes 40 ms longer.
    Raises OSError when the port is taken.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if port and sys.platform != "win32":  # a port that was used a moment ago is free again
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((HOST, port))
    except OSError:
        reserved.close()
        raise
    return reserved


def url_of(reserved: socket.socket) -> str:
    """Return the URL under which a socket is reached."""
    return f"http://{HOST}:{reserved.getsockname()[1]}"


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve an ASGI app in a thread and give out its URL; leaving waits until it has shut down.

    Being in this process, the app's objects can be looked at while it runs. What it logs goes
    to the handlers that are there, and nowhere if there are none. Raises ServerDidNotStart.
    """
    logging.getLogger("uvicorn").addHandler(_SILENCE)
    with reserve_port() as reserved:
        server = uvicorn.Server(uvicorn.Config(app, loop=LOOP, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [reserved]})
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise ServerDidNotStart("the app's start-up failed")
                time.sleep(0.002)
            yield url_of(reserved)
        finally:
            server.should_exit = True
            thread.join()


def client_of(url: str) -> httpx2.Client:
    """Return a client that opens a connection per request: the server closes it at an error."""
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # quick to make, and none is needed
    headers = {"Connection": "close"}
    return httpx2.Client(base_url=url, headers=headers, verify=no_certificates, trust_env=False)


@contextmanager
def server_log() -> Iterator[list[str]]:
    """Give out the errors that the server logs, in place of printing them."""
    errors: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        if record.exc_info:
            errors.append(repr(record.exc_info[1]))
        return False

    logger = logging.getLogger("uvicorn.error")
    logger.addFilter(note)
    try:
        yield errors
    finally:
        logger.removeFilter(note)


@dataclass
class ServerProcess:
    """A running `uvicorn`: its URL, and the lines that it has written so far.

    Several workers write to one pipe, so a line may hold what two of them wrote.
    """

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def stop(self) -> int:
        """Ask it to shut down, as Ctrl-C or a container runtime does. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(STOP_SIGNAL)
        return self.process.wait(timeout=30)


def uvicorn_of(target: str, workers: int = 1) -> list[str]:
    """Return what follows `python -m` to serve an app on a free port."""
    options = ["--host", HOST, "--port", "0", "--loop", LOOP, "--workers", str(workers)]
    return ["uvicorn", target, *options]


@contextmanager
def serve_process(
    target: str, *, workers: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """Run `uvicorn target` as a user would, in one or several processes, on a free port.

    `environment` is added to this process's own. Raises ServerDidNotStart.
    """
    arguments = uvicorn_of(target, workers)
    with serve_module(arguments, workers=workers, environment=environment) as server:
        yield server


@contextmanager
def serve_module(
    arguments: Sequence[str], *, workers: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """Run `python -m` with these arguments: a program that logs what uvicorn logs.

    `environment` is added to this process's own. Raises ServerDidNotStart.
    """
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *arguments],
        env={**os.environ, **(environment or {}), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        creationflags=CREATION_FLAGS,
    )
    server = ServerProcess(process)
    settled = threading.Event()
    reader = threading.Thread(target=_read_lines, args=(server, workers, settled))
    reader.start()
    try:
        if not settled.wait(timeout=60) or process.poll() is not None:
            raise ServerDidNotStart("\n".join(server.lines))
        yield server
    finally:
        server.stop()
        reader.join()
        if process.stdout is not None:
            process.stdout.close()


def _read_lines(server: ServerProcess, workers: int, settled: threading.Event) -> None:
    started = 0
    for line in server.process.stdout or ():
        server.lines.append(line.rstrip())
        if found := re.search(r"running on (http://\S+)", line):
            server.url = found[1]
        started += line.count("startup complete")
        if server.url and started >= workers:
            settled.set()
    server.process.wait()
    settled.set()
