"""Serving one step for a reader who wants to try it."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress

import uvicorn

from steps.workbook.catalogue import Step
from steps.workbook.recording.recorder import record
from steps.workbook.running.companions import note_served
from steps.workbook.running.live.app import PATH, with_live_page
from steps.workbook.running.live.second import serve_second
from steps.workbook.running.live.subjects import subject_of
from steps.workbook.world.environment import embedded_environment
from steps.workbook.world.serving import LOOP, reserve_port, url_of

SHOWN = ("API_KEY", "DATABASE_URL", "S3_ENDPOINT_URL")
"""The variables of the environment that are told, unless they are the reader's own."""

EXPORT = "$env:{} = '{}'" if sys.platform == "win32" else "export {}='{}'"
"""How a shell takes one."""

STARTUP_FAILURE = 3
"""The exit code that uvicorn itself uses."""


def serve_step(
    step: Step, port: int, other: Step | None = None, *, ends_with_input: bool = False
) -> int:
    """Serve a step until Ctrl-C, on another port if the wanted one is taken.

    With another step, that one is served as well, and the page shows both. `ends_with_input`:
    stop where the standard input ends, too. Returns the exit code: 0, or STARTUP_FAILURE after
    one line on stderr that says why.
    """
    with (
        embedded_environment(respect_existing=True) as added,
        note_served(step, added),
        _reserve(port) as reserved,
        record() as recording,
        ExitStack() as beside,
    ):
        second = (
            beside.enter_context(serve_second(other, os.environ["API_KEY"], added))
            if other
            else None
        )
        announcement = _announcement_of(step, url_of(reserved), added)

        def is_stopping() -> bool:
            return server.should_exit

        subject = subject_of(step, api_key=added.get("API_KEY", ""), second=second)
        app = with_live_page(step.create_app(), recording, subject, is_stopping)
        server = _Server(uvicorn.Config(app, loop=LOOP), announcement, beside)
        if ends_with_input:
            threading.Thread(target=server.stop_with_input, daemon=True).start()
        log = logging.getLogger("uvicorn.error")
        log.setLevel(logging.WARNING)
        # The reason why the app did not start is logged just before; one line is enough.
        log.addFilter(lambda line: "startup failed" not in line.getMessage())
        # The embedded S3 writes to the same log from a thread of its own, and the page asks often.
        this_thread = threading.get_ident()
        logging.getLogger("uvicorn.access").addFilter(
            lambda line: line.thread == this_thread and PATH not in line.getMessage()
        )
        _end_as_by_ctrl_c()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[reserved])
    if not server.started:
        return STARTUP_FAILURE
    print("Closed.")
    return 0


def _announcement_of(step: Step, url: str, added: Mapping[str, str]) -> list[str]:
    """Return what a reader needs: where to look, and what other terminals need, to be pasted."""
    lines = [
        f"Step {step.number:02}: {step.title[3:]}",
        f"  see its objects live and die: {url}{PATH}",
        f"  its documentation:            {url}/docs",
    ]
    needed = {name: added[name] for name in SHOWN if name in added}
    if needed:
        lines.append("For another terminal:")
        lines += [f"  {EXPORT.format(name, value)}" for name, value in needed.items()]
    if own := [name for name in SHOWN if name not in added]:
        lines.append(f"Your own: {', '.join(own)}")
    if step.has("worker"):
        lines.append("In another terminal, `make worker` writes the exports.")
    return [*lines, "Ctrl-C closes everything."]


class _Server(uvicorn.Server):
    """Says where it is once it can be reached."""

    def __init__(self, config: uvicorn.Config, announcement: list[str], beside: ExitStack) -> None:
        super().__init__(config)
        self._announcement, self._beside = announcement, beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(*self._announcement, sep="\n", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._beside.close)  # or pages would wait for its pictures
        await super().shutdown(sockets)

    def stop_with_input(self) -> None:
        sys.stdin.read()
        self.should_exit = True


def _reserve(port: int) -> socket.socket:
    try:
        return reserve_port(port)
    except OSError:
        print(f"Port {port} is taken.")
        return reserve_port()


def _end_as_by_ctrl_c() -> None:
    """Let SIGTERM and a closed terminal end the process as Ctrl-C does.

    uvicorn raises the signal that stopped it once more, and only KeyboardInterrupt lets us remove
    the temporary folder.
    """
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, signal.default_int_handler)
    else:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
