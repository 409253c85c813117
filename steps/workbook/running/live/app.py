"""An app with a page beside it that shows the lifetimes of its objects while they live."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Annotated

from fastapi import FastAPI, Query, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from steps.workbook.calls import CALLS, Call
from steps.workbook.pictures.chart import draw_newest
from steps.workbook.recording.events import Recording

PATH = "/lifetimes"
MOST_REQUESTS = 8
"""How many requests the picture shows at once."""

MOST_PICTURES = 16
"""How many different pictures are kept for those who ask for the same."""

PAUSE_S = 0.2
"""How long the picture stays as it is at least, in seconds."""

FOLDER = Path(__file__).parent
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""The page takes nothing from elsewhere. The picture brings a style sheet of its own."""


class Update(BaseModel):
    """What a page shows: the picture, its words, and the moment up to which it goes.

    `recording` tells whether the server is the one that made the page.
    """

    recording: str
    svg: str
    words: str
    moment: int


def with_live_page(
    app: ASGIApp,
    recording: Recording,
    title: str,
    is_stopping: Callable[[], bool],
    calls: Sequence[Call] = CALLS,
) -> ASGIApp:
    """Return an ASGI app that records the requests to `app` and shows them under /lifetimes.

    The page has a button for each of `calls`.

    Pages keep a connection open; they let go of it once `is_stopping()`, or the server would wait
    for them. What the page itself asks for is not recorded.
    """
    page, recorded = _page(recording, title, is_stopping, calls), recording.wrap(app)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_page = scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/"))
        await (page if is_page else recorded)(scope, receive, send)

    return serve


def _page(
    recording: Recording, title: str, is_stopping: Callable[[], bool], calls: Sequence[Call]
) -> FastAPI:
    page = FastAPI(openapi_url=None, redirect_slashes=False)

    @page.get(PATH, response_class=HTMLResponse)
    async def show() -> HTMLResponse:
        template = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
        buttons = "\n".join(map(_button, calls))
        html = template.substitute(title=escape(title), buttons=buttons)
        return HTMLResponse(html, headers=HEADERS)

    @page.get(PATH + "/page.css")
    async def style() -> Response:
        return FileResponse(FOLDER / "page.css", media_type="text/css", headers=HEADERS)

    @page.get(PATH + "/page.js")
    async def script() -> Response:
        return FileResponse(FOLDER / "page.js", media_type="text/javascript", headers=HEADERS)

    name = secrets.token_hex(8)
    newest: dict[int, Update] = {}  # by the moment after which they begin; all pages share them

    async def draw(after: int, moment: int) -> Update:
        update = newest.get(after)
        if update is None or update.moment != moment:
            # In a thread that is not the app's, so that no request waits for a picture.
            # Until this moment, though more may happen meanwhile: "Clear" starts from it.
            svg, words = await asyncio.to_thread(
                draw_newest, recording, title, MOST_REQUESTS, after, moment
            )
            update = Update(recording=name, svg=svg, words=words, moment=moment)
            if len(newest) > MOST_PICTURES:
                newest.clear()
            newest[after] = update
        return update

    @page.get(PATH + "/events", response_class=EventSourceResponse)
    async def events(after: Annotated[int, Query(ge=0)] = 0) -> AsyncIterator[Update]:
        if after > recording.moment:  # a moment of a server that was here before
            after = 0
        shown = None
        while not is_stopping():
            if (moment := recording.moment) != shown:
                yield await draw(after, moment)
                shown = moment
            await asyncio.sleep(PAUSE_S)

    return page


def _button(call: Call) -> str:
    data = {"method": call.method, "path": call.path}
    if call.body:
        data["body"] = json.dumps(dict(call.body))
    if call.fresh:
        data["fresh"] = ""
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<button type="button" {attributes}>{escape(call.name)}</button>'
