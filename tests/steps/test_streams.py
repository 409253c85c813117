"""A client that leaves a stream in the middle, or a websocket, leaves nothing behind it."""

import gc
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing, closing
from threading import Event
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from steps.infrastructure.tables import UserRow
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.databases import connections_in_use
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import LOOPBACK, serve
from tests.often_said import often_said

# The first step with a unit of work, the first one that awaits it, and the last one.
WITH_A_UNIT_OF_WORK = [
    step
    for step in STEPS
    if step.transaction == "use case" and step.number in (7, 8, STEPS[-1].number)
]
PATIENCE_S = 10
GRACE = {"email": "grace@example.com", "password": "correct horse"}
LOOK = select(func.count()).select_from(UserRow)

pytestmark = [
    pytest.mark.usefixtures("no_s3", "quick_hashing"),
    pytest.mark.parametrize("step", WITH_A_UNIT_OF_WORK, ids=lambda step: step.name),
]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def own_database(request: pytest.FixtureRequest) -> Iterator[None]:
    with new_database(), ExitStack() as stack:
        if request.param == "PostgreSQL":
            server_url = request.getfixturevalue("postgresql_url")
            url = stack.enter_context(new_postgresql_database(server_url))
            stack.enter_context(variables({"DATABASE_URL": url}))
        yield


def unit_of_work_of(app: FastAPI) -> Any:
    if hasattr(app.state, "container"):
        return app.state.container.unit_of_work()
    return app.state.application.unit_of_work


def engine_of(app: FastAPI) -> Engine:
    has_container = hasattr(app.state, "container")
    engine = app.state.container.engine() if has_container else app.state.application.engine
    sync_engine: Engine = getattr(engine, "sync_engine", engine)
    return sync_engine


class Rows:
    """Endless rows out of one unit of work, which has written, too."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.arrived = Event()
        self.ended = Event()

    async def awaited(self) -> AsyncGenerator[str, None]:
        try:
            async with unit_of_work_of(self._app)() as transaction:
                await transaction.users.add(GRACE["email"], "-")
                while True:
                    yield f"{await transaction.session.scalar(LOOK)}\n"
                    self.arrived.set()
        finally:
            self.ended.set()

    def in_threads(self) -> Generator[str, None, None]:
        try:
            with unit_of_work_of(self._app)() as transaction:
                transaction.users.add(GRACE["email"], "-")
                while True:
                    yield f"{transaction.session.scalar(LOOK)}\n"
                    self.arrived.set()
        finally:
            self.ended.set()


def add_stream(app: FastAPI, step: Step) -> Rows:
    """Stream as it is safe: a dependency closes the generator, wherever the client leaves it.

    Starlette does not. What is left at its `yield`, for the garbage collector, keeps a connection.
    """
    rows = Rows(app)

    async def open_awaited() -> AsyncIterator[AsyncIterator[str]]:
        async with aclosing(rows.awaited()) as opened:
            yield opened

    def open_in_threads() -> Iterator[Iterator[str]]:
        with closing(rows.in_threads()) as opened:
            yield opened

    opened = open_awaited if step.is_async else open_in_threads

    @app.get("/rows")
    def stream(opened: Annotated[Any, Depends(opened)]) -> StreamingResponse:
        return StreamingResponse(opened)

    return rows


class PassingOn(BaseHTTPMiddleware):
    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)


@often_said(
    "A client that leaves a stream leaves its transaction open.",
    "depends",
    "If a dependency closes the generator, no connection, no row and no traceback is left "
    "(steps 07, 08 and 12).",
    step=7,
)
@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize("middleware", [False, True], ids=["plain", "BaseHTTPMiddleware"])
def test_who_leaves_a_stream_in_the_middle_leaves_no_connection_no_row_and_no_traceback(
    step: Step, middleware: bool, caplog: pytest.LogCaptureFixture
) -> None:
    app = step.create_app()
    rows = add_stream(app, step)
    if middleware:
        app.add_middleware(PassingOn)
    with serve(app) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as caller:
            caller.sendall(b"GET /rows HTTP/1.1\r\nHost: a\r\n\r\n")
            assert rows.arrived.wait(PATIENCE_S)
            assert connections_in_use(engine_of(app)) == 1
        assert rows.ended.wait(PATIENCE_S)

        with httpx2.Client(base_url=url, **LOOPBACK) as client:  # a lock or a row would refuse her
            assert client.post("/users", json=GRACE).status_code == 201
            while connections_in_use(engine_of(app)):
                assert client.get("/health").status_code == 200
    gc.collect()  # a future tells only now of an error that nobody has asked for
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


def test_who_closes_a_websocket_gives_its_connection_back(
    step: Step, caplog: pytest.LogCaptureFixture
) -> None:
    app = step.create_app()

    @app.websocket("/rows")
    async def answer(websocket: WebSocket) -> None:
        await websocket.accept()
        unit_of_work = unit_of_work_of(app)
        async with AsyncExitStack() as stack:
            if step.is_async:
                transaction = await stack.enter_async_context(unit_of_work())
            else:
                transaction = stack.enter_context(unit_of_work())
            async for _ in websocket.iter_text():
                found = transaction.session.scalar(LOOK)
                await websocket.send_text(str(await found if step.is_async else found))

    with new_database(), TestClient(app) as client:
        with client.websocket_connect("/rows") as websocket:
            websocket.send_text("how many?")
            assert websocket.receive_text() == "0"
            assert connections_in_use(engine_of(app)) == 1
        assert connections_in_use(engine_of(app)) == 0
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
