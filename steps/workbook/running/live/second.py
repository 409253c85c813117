"""Another step, served by a process of its own, whose picture stands beside the first one's."""

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from steps.workbook.catalogue import PROJECT, Step
from steps.workbook.running.companions import SHARED
from steps.workbook.world.serving import CREATION_FLAGS, LOOPBACK, ServerDidNotStart

KEPT = ("content-type", "x-api-key", "accept")
NO_PAGE = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
"""An answer is for the page's script, and not to be opened as a page of this server."""

PASSED_ON = ("content-type", "content-encoding", "cache-control", "x-request-number")


@dataclass(frozen=True)
class Second:
    """What the other step is called, where it is served, and what to look for in it."""

    title: str
    url: str
    look: str = ""

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the other server, and its answer back as it comes.

        So the browser asks one server only, which is all that the page may ask.
        """
        request = Request(scope, receive)
        path = scope["raw_path"].removeprefix(scope["root_path"].encode())  # as it was sent
        if not path.startswith(b"/"):  # or it would name another server
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
            return
        query = scope["query_string"]
        async with httpx2.AsyncClient(timeout=None, **LOOPBACK) as client:
            sent = client.build_request(
                request.method,
                httpx2.URL(self.url).copy_with(raw_path=path + b"?" * bool(query) + query),
                headers={name: request.headers[name] for name in KEPT if name in request.headers},
                content=await request.body(),
            )
            try:
                answer = await client.send(sent, stream=True)
            except httpx2.TransportError:
                await JSONResponse({"detail": "no answer"}, 502)(scope, receive, send)
                return
            headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
            try:
                back = StreamingResponse(_lines(answer), answer.status_code, headers | NO_PAGE)
                await back(scope, receive, send)
            finally:
                await answer.aclose()


async def _lines(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """End where the other server ends, in the middle of a stream as well."""
    try:
        async for part in answer.aiter_raw():
            yield part
    except httpx2.TransportError:
        return


@contextmanager
def serve_second(step: Step, api_key: str, added: Iterable[str]) -> Iterator[Second]:
    """Serve another step in a process of its own, with a database of its own, and give it out.

    `added` names what this process has put into its environment, which the other must not see; nor
    does it see a database, an S3 or a broker of the reader's, where the two would meet.
    The other process is away from the signals of our terminal, and ends when its standard input
    does: even when this one is killed. Raises ServerDidNotStart.
    """
    hidden = {*SHARED, *added}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, "-m", "steps.workbook", "run", str(step.number), "--beside"]
    process = subprocess.Popen(  # noqa: S603
        command,
        env={**environment, "API_KEY": api_key, "PYTHONUNBUFFERED": "1"},
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        creationflags=CREATION_FLAGS,
        start_new_session=True,
    )
    lines = iter(process.stdout or ())
    reader = Thread(target=deque, args=(lines, 0))  # it reads on, and forgets
    try:
        found = next(filter(None, (re.search(r"http://\S+:\d+", line) for line in lines)), None)
        if found is None:
            raise ServerDidNotStart(f"Step {step.number:02} did not start beside it.")
        reader.start()
        yield Second(step.heading, found[0], step.look)
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()
        if reader.is_alive():
            reader.join()
        if process.stdout:
            process.stdout.close()
