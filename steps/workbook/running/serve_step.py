"""Serving one step for a reader who wants to try it."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from steps.workbook.catalogue import Step
from steps.workbook.recording.recorder import record
from steps.workbook.running.companions import note_served
from steps.workbook.running.live.app import PATH, with_live_page
from steps.workbook.running.live.second import serve_second
from steps.workbook.running.live.subjects import subject_of
from steps.workbook.world.environment import embedded_environment
from steps.workbook.world.serving import LOOP, ServerDidNotStart, reserve_port, url_of
from steps.workbook.world.terminal import handle_signals, is_for_want_of_a_reader, nobody_reads

SHOWN = ("API_KEY", "DATABASE_URL", "S3_ENDPOINT_URL")
"""The variables of the environment that are told, unless they are the reader's own."""

EXPORT = "$env:{} = '{}'" if sys.platform == "win32" else "export {}='{}'"
"""How a shell takes one."""

STARTUP_FAILURE = 3
"""The exit code that uvicorn itself uses."""

GRACE_S = 3
"""How long requests may take to end after the signal, in seconds, as in step 10."""

LOOK_S = 1
"""How often the server looks whether its output is still read, in seconds."""


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
        _reserve(port) as reserved,
        record() as recording,
        ExitStack() as beside,
    ):
        second = None
        try:
            if other:
                second = beside.enter_context(serve_second(other, os.environ["API_KEY"], added))
        except ServerDidNotStart as error:
            print(error, file=sys.stderr)
            return STARTUP_FAILURE
        # After the other one: commands and a worker go to the newest.
        beside.enter_context(note_served(step, url_of(reserved), added))
        announcement = _announcement_of(step, url_of(reserved), added)

        def is_stopping() -> bool:
            return server.should_exit

        subject = subject_of(step, api_key=added.get("API_KEY", ""), second=second)
        app = with_live_page(step.create_app(), recording, subject, is_stopping)
        server = _Server(app, announcement, beside)
        if ends_with_input:
            threading.Thread(target=server.stop_with_input, daemon=True).start()
        log = logging.getLogger("uvicorn.error")
        log.setLevel(logging.WARNING)
        log.addFilter(_is_news)
        # The embedded S3 writes to the same log from a thread of its own, and the page asks often.
        this_thread = threading.get_ident()
        logging.getLogger("uvicorn.access").addFilter(
            lambda line: line.thread == this_thread and PATH not in line.getMessage()
        )
        for each in (logging.getLogger("uvicorn"), logging.getLogger("uvicorn.access")):
            for handler in each.handlers:
                vars(handler).update(handleError=server.lose_line)
        # uvicorn's own, but early: it puts back what it found, and then raises the signal once
        # more. So nothing interrupts what is closed after it.
        handle_signals(server.handle_exit)
        server.run(sockets=[reserved])
    if not server.started:
        return STARTUP_FAILURE
    print("Closed.")
    return 0


def _announcement_of(step: Step, url: str, added: Mapping[str, str]) -> list[str]:
    """Return what a reader needs: where to look, and what other terminals need, to be pasted."""
    lines = [
        step.heading,
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

    def __init__(self, app: ASGIApp, announcement: list[str], beside: ExitStack) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop=LOOP,
                timeout_graceful_shutdown=GRACE_S,
                callback_notify=self._look_for_a_reader,
                timeout_notify=LOOK_S,
            )
        )
        self._announcement, self._beside = announcement, beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(*self._announcement, sep="\n", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._beside.close)  # or pages would wait for its pictures
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Cut short what still runs at a second Ctrl-C. uvicorn would leave the app open."""
        if not self.should_exit:
            super().handle_exit(sig, frame)
        elif sig == signal.SIGINT:
            for request in list(self.server_state.tasks):
                request.get_loop().call_soon_threadsafe(request.cancel)

    def stop_with_input(self) -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        self.should_exit = True

    def lose_line(self, _: logging.LogRecord) -> None:
        """Take it that a line which cannot be written is one that nobody reads."""
        if is_for_want_of_a_reader(sys.exception()):
            self.should_exit = True

    async def _look_for_a_reader(self) -> None:
        if nobody_reads():
            self.should_exit = True


def _is_news(line: logging.LogRecord) -> bool:
    """Leave out what was cut short, and a start that failed: its reason was logged just before."""
    cut_short = line.exc_info and isinstance(line.exc_info[1], asyncio.CancelledError)
    return not cut_short and "startup failed" not in line.getMessage()


def _reserve(port: int) -> socket.socket:
    """Reserve the port, or another. Listening at once tells whoever wants it at the same time."""
    reserved = None
    try:
        reserved = reserve_port(port)
        reserved.listen()
    except OSError as error:
        if reserved:
            reserved.close()
        is_taken = error.errno == errno.EADDRINUSE
        why = "is taken" if is_taken else f"cannot be had ({error.strerror})"
        print(f"Port {port} {why}, so a free one is used. Set PORT to choose another.")
        return reserve_port()
    return reserved
