"""An app with a page beside it that shows the lifetimes of its objects while they live."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from steps.workbook.calls import CALLS, Call
from steps.workbook.pictures.chart import (
    IN_USE_KINDS,
    Frame,
    describe,
    draw,
    has_failed,
    marks_of,
    what_is_missing,
)
from steps.workbook.pictures.rows import Row, newest, rows_of
from steps.workbook.recording.events import Event, Recording, open_after
from steps.workbook.running.live.second import Second

PATH = "/lifetimes"
DOCS, REDOC = "/docs", "/redoc"
"""Where FastAPI has pages that take their scripts from elsewhere."""

NUMBER_HEADER = "X-Request-Number"
"""By this header the page knows which request in the picture an answer belongs to."""

MOST_REQUESTS = 12
"""How many requests the picture shows at once."""

MOST_PICTURES = 16
"""How many different pictures are kept for those who ask for the same."""

PAUSE_S = 0.2
"""How long the picture stays as it is at least, in seconds."""

COUNTED = ("engine", "connection", "S3 client", "session")
"""The kinds of object whose number the page says."""

FOLDER = Path(__file__).parent
SWAGGER = Path(str(files("fastapi_swagger.resources")))
FILES = {
    file.name: file
    for file in (
        FOLDER / "page.css",
        FOLDER / "page.js",
        FOLDER / "docs.css",
        FOLDER / "docs.js",
        SWAGGER / "swagger-ui.css",
        SWAGGER / "swagger-ui-bundle.js",
    )
}
KINDS = {".css": "text/css", ".js": "text/javascript"}
"""Not as the machine has it: what Windows says of .js may be anything."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""The pages take nothing from elsewhere. Picture and Swagger UI bring styles of their own."""


@dataclass(frozen=True)
class Subject:
    """What a page is about: a title, and what a reader should look for.

    `links` are further lines, as HTML. `api_key` is filled in for the reader, so it must not be
    anybody's secret. `second` is another step, served elsewhere, whose picture stands beside.
    """

    title: str
    look: str = ""
    compare: str = ""
    links: str = ""
    calls: Sequence[Call] = CALLS
    api_key: str = ""
    second: Second | None = None


class Update(BaseModel):
    """What a page shows: the picture, its words and signs, and the moment up to which it goes.

    `names` are those of the rows, which stay in view while the picture moves below them.

    `recording` tells whether the server is the one that made the page. `opened` says how many
    objects were opened so far, `open_now` which of them are open, and `missing` what is not shown.
    """

    recording: str
    svg: str
    names: list[str]
    words: str
    marks: list[str]
    notes: list[str]
    opened: str
    open_now: str
    missing: str
    moment: int


def with_live_page(
    app: ASGIApp, recording: Recording, subject: Subject, is_stopping: Callable[[], bool]
) -> ASGIApp:
    """Return an ASGI app that records the requests to `app` and shows them under /lifetimes.

    It also answers /docs in place of `app`, whose own page there needs a network. Pages keep a
    connection open; they let go of it once `is_stopping()`, or the server would wait for them.
    What a page asks for itself is not recorded, except /openapi.json, which `app` answers.
    """
    page = _page(recording, subject, is_stopping)
    recorded = recording.wrap(app, number_header=NUMBER_HEADER.lower().encode())

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_page = scope["type"] == "http" and (
            path in (PATH, DOCS, REDOC) or path.startswith(f"{PATH}/")
        )
        await (page if is_page else recorded)(scope, receive, send)

    return serve


def _page(recording: Recording, subject: Subject, is_stopping: Callable[[], bool]) -> FastAPI:
    page = FastAPI(openapi_url=None, redirect_slashes=False)
    # A page elsewhere whose name leads to this machine must not read this one, nor its key.
    page.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])

    @page.get(PATH, response_class=HTMLResponse)
    async def show() -> HTMLResponse:
        return HTMLResponse(_html(subject), headers=HEADERS)

    @page.get(DOCS, response_class=HTMLResponse)
    async def show_docs() -> HTMLResponse:
        return HTMLResponse(_filled("docs.html", title=escape(subject.title)), headers=HEADERS)

    @page.get(REDOC)
    async def lead_to_docs() -> RedirectResponse:
        return RedirectResponse(DOCS)

    name = secrets.token_hex(8)
    drawn: dict[tuple[int, int, int], Update] = {}  # all pages that ask for the same share them

    async def update_of(after: int, width: int, rows: int, moment: int) -> Update:
        wanted = after, width, rows
        update = drawn.get(wanted)
        if update is None or update.moment != moment:
            # In a thread that is not the app's, so that no request waits for a picture.
            # Until this moment, though more may happen meanwhile: "Clear" starts from it.
            update = await asyncio.to_thread(
                _update, name, recording, subject.title, after, width, rows, moment
            )
            if len(drawn) > MOST_PICTURES:
                drawn.clear()
            drawn[wanted] = update
        return update

    @page.get(PATH + "/events", response_class=EventSourceResponse)
    async def events(
        after: Annotated[int, Query(ge=0)] = 0,
        width: Annotated[int, Query(ge=200, le=4_000)] = 860,
        rows: Annotated[int, Query(ge=1, le=200)] = 40,
    ) -> AsyncIterator[Update]:
        if after > recording.moment:  # a moment of a server that was here before
            after = 0
        shown = None
        while not is_stopping():
            if (moment := recording.moment) != shown:
                yield await update_of(after, width, rows, moment)
                shown = moment
            await asyncio.sleep(PAUSE_S)

    @page.get(PATH + "/{name}")
    async def file(name: str) -> FileResponse:
        if name not in FILES:
            raise HTTPException(404)
        return FileResponse(FILES[name], media_type=KINDS[FILES[name].suffix], headers=HEADERS)

    if subject.second:
        page.mount(PATH + "/second", subject.second.forward)
    return page


def _update(
    name: str, recording: Recording, title: str, after: int, width: int, rows: int, moment: int
) -> Update:
    so_far = [event for event in recording.events if event.moment <= moment]
    part = newest(so_far, MOST_REQUESTS, after, rows)
    shown, is_over, dropped = rows_of(part.events), recording.is_over, recording.dropped
    return Update(
        recording=name,
        svg=draw(
            part, "", Frame(width, legend=False, names=False), is_over=is_over, dropped=dropped
        ),
        names=[row.name for row in shown],
        words=describe(part, title, is_over=is_over, dropped=dropped),
        marks=marks_of(shown),
        notes=_notes_of(shown),
        opened=_opened(so_far),
        open_now=", ".join(open_after(so_far)) or "nothing",
        missing=" ".join(what_is_missing(part, dropped)),
        moment=moment,
    )


def _notes_of(rows: list[Row]) -> list[str]:
    """Return which signs beside the marks need a word in the page's legend."""
    notes = {
        "open": bool(rows),
        "in use": any(span.kind in IN_USE_KINDS for row in rows for span in row.spans),
        "of the app": any(row.life.request is None for row in rows),
        "failed": any(map(has_failed, rows)),
        "order": bool(rows),
    }
    return [note for note, is_needed in notes.items() if is_needed]


def _opened(events: list[Event]) -> str:
    """Say how many objects of each kind were opened: "by the app: 1 engine; by requests: ..."."""
    owners = {
        (event.kind, event.number): "by the app" if event.request is None else "by requests"
        for event in events
        if event.kind in COUNTED and event.action == "opened"
    }
    said = []
    for owner in ("by the app", "by requests"):
        kinds = [kind for (kind, _), whose in owners.items() if whose == owner]
        counted = [
            f"{kinds.count(kind)} {kind}{'s' * (kinds.count(kind) != 1)}"
            for kind in COUNTED
            if kind in kinds
        ]
        if counted:
            said.append(f"{owner}: {', '.join(counted)}")
    return "; ".join(said) or "nothing"


def _html(subject: Subject) -> str:
    title, second = subject.title, subject.second
    heading, sections = title, [_section("own", "", title, subject.look)]
    if second:
        # A comparison is worth its place where what it compares with is beside it.
        compare = subject.compare if _name(second.title) in subject.compare else ""
        own = _section("own", "", title, f"{subject.look} {compare}")
        other = _section("second", f"{PATH}/second", second.title, second.look)
        # The older one stands left: titles begin with the number of their step.
        steps = sorted([(title, own), (second.title, other)])
        heading = " beside ".join(_name(each) for each, _ in steps).capitalize()
        sections = [section for _, section in steps]
    return _filled(
        "page.html",
        title=escape(title),
        heading=escape(heading),
        double="double" if second else "",
        look=escape(subject.look),
        compare=escape(subject.compare),
        sections="".join(sections),
        links=subject.links,
        api_key=escape(subject.api_key),
        buttons="\n".join(map(_button, subject.calls)),
    )


def _section(which: str, root: str, title: str, look: str) -> str:
    """Return the part of the page that shows one step."""
    values = {"title": title, "name": _name(title), "look": look.strip()}
    escaped = {name: escape(value) for name, value in values.items()}
    return _filled("section.html", which=which, root=root, **escaped)


def _name(title: str) -> str:
    """Return what comes before the colon: "step 03"."""
    name = title.partition(":")[0]
    return name[:1].lower() + name[1:]


def _filled(file: str, **values: str) -> str:
    return Template((FOLDER / file).read_text(encoding="utf-8")).substitute(values)


def _button(call: Call) -> str:
    data = {"method": call.method, "path": call.path}
    if call.body:
        data["body"] = json.dumps(dict(call.body))
    if call.fresh:
        data["fresh"] = ""
    attributes = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    return f'<button type="button" {attributes}>{escape(call.name)}</button>'
