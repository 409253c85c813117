"""However a request goes, what it opens is its own, and nothing of it stays open."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Annotated

import httpx2
import pytest
from fastapi import BackgroundTasks, Depends, Request, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import LOOPBACK, serve
from tests.workbook.recording.served_app import PATIENCE_S, Served, left_open, owners, use


@pytest.fixture
def served(recording: Recording) -> Iterator[Served]:
    with new_database():
        served = Served(recording)
        yield served
        served.engine.dispose()


def test_each_event_belongs_to_its_request_when_requests_meet(
    served: Served, recording: Recording
) -> None:
    together = Barrier(4)

    @served.app.get("/")
    def answer() -> None:
        engine = open_engine(load_settings())
        together.wait(PATIENCE_S)
        with Session(engine) as session:
            use(session)
            together.wait(PATIENCE_S)
            session.commit()
        engine.dispose()

    with serve(served) as url, ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(httpx2.get, **LOOPBACK), [url] * 4))
        served.wait_for(4)

    for request in range(1, 5):
        assert [re.sub(r" \d+", "", what, count=1) for what in recording.of_request(request)] == [
            "request begins: GET /",
            "engine opened",
            "session opened",
            "transaction begins",
            "connection opened",
            "connection taken",
            "transaction commits",
            "connection given back",
            "transaction ends",
            "session closed",
            "connection closed",
            "engine closed",
            "response starts: 200",
            "response ends",
            "request ends: /",
        ]
    assert all(len(each) == 1 for each in owners(recording, "engine"))


def test_a_client_that_leaves_while_the_endpoint_waits_leaves_nothing_open(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    async def wait(
        request: Request, session: Annotated[Session, Depends(served.get_session)]
    ) -> None:
        use(session)
        while (await request.receive())["type"] != "http.disconnect":
            pass

    served.ask_and_leave()

    assert recording.order("transaction begins", "client disconnects", "response starts")
    assert recording.order("response ends", "transaction commits", "request ends")
    assert left_open(recording) == {"connection"}
    assert {event.request for event in recording.events} == {None, 1}


def test_a_client_is_gone_once_however_often_the_app_asks(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    async def wait(request: Request) -> None:
        for _ in range(4):
            await request.receive()

    served.ask_and_leave()

    assert recording.count("client", "disconnects") == 1


def test_a_client_that_leaves_in_the_middle_of_a_stream_leaves_nothing_open(
    served: Served, recording: Recording
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"the first chunk"
        await asyncio.Event().wait()

    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session)]) -> StreamingResponse:
        use(session)
        return StreamingResponse(stream())

    served.ask_and_leave(until=b"the first chunk")

    assert recording.order("response starts", "client disconnects", "session closed")
    assert recording.order("client disconnects", "response ends")
    assert "response 1 ends: cut off" in recording.of_request(1)
    assert left_open(recording) == {"connection"}


def test_an_error_in_the_endpoint_leaves_nothing_open(served: Served, recording: Recording) -> None:
    @served.app.get("/")
    def fail(session: Annotated[Session, Depends(served.get_session)]) -> None:
        use(session)
        raise RuntimeError

    assert served.ask("/", "/") == [500, 500]
    assert recording.order("transaction ends", "response starts", "request ends", request=1)
    assert recording.count("transaction", "commits") == 0
    assert left_open(recording) == {"connection"}
    assert owners(recording, "session") == [{1}, {2}]


def test_an_error_after_the_response_leaves_nothing_open(
    served: Served, recording: Recording
) -> None:
    def get_session() -> Iterator[Session]:
        with Session(served.engine) as session:
            yield session
            raise RuntimeError

    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(get_session)]) -> None:
        use(session)

    assert served.ask("/") == [200]
    assert recording.order("response ends", "session closed", "request ends")
    assert left_open(recording) == {"connection"}


def test_a_stream_starts_before_its_first_chunk_and_ends_with_its_last(
    served: Served, recording: Recording
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in (served.app, served.engine):  # anything that can be told apart
            recording.add("is made", "chunk", chunk)
            yield b"chunk"

    @served.app.get("/")
    def answer() -> StreamingResponse:
        return StreamingResponse(stream())

    assert served.ask("/") == [200]
    assert recording.order("response starts", "chunk is made", "response ends", "request ends")
    assert recording.count("response", "starts") == recording.count("response", "ends") == 1


def test_a_background_task_works_for_its_request_after_the_response(
    served: Served, recording: Recording
) -> None:
    def work() -> None:
        with Session(served.engine) as session:
            use(session)

    @served.app.get("/")
    def answer(tasks: BackgroundTasks) -> None:
        tasks.add_task(work)

    assert served.ask("/", "/") == [200, 200]
    for request in (1, 2):
        assert recording.order(
            "response ends", "session opened", "session closed", "request ends", request=request
        )
    assert left_open(recording) == {"connection"}


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/nowhere", 404, "no route"),
        ("HEAD", "/nowhere", 404, "no route"),
        ("HEAD", "/", 405, "/"),
        ("POST", "/", 405, "/"),
    ],
)
def test_a_request_that_reaches_no_endpoint_is_answered_all_the_same(
    method: str, path: str, status: int, route: str, served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer() -> None: ...

    assert served.ask(path, method=method) == [status]
    assert recording.of_request(1) == [
        f"request 1 begins: {method} {path}",
        f"response 1 starts: {status}",
        "response 1 ends",
        f"request 1 ends: {route}",
    ]


def test_a_path_is_told_apart_from_its_route(served: Served, recording: Recording) -> None:
    @served.app.get("/users/{user_id}")
    def answer(user_id: int) -> None: ...

    served.ask("/users/7")

    assert recording.of_request(1)[0] == "request 1 begins: GET /users/7"
    assert recording.of_request(1)[-1] == "request 1 ends: /users/{user_id}"


def test_a_websocket_passes_unrecorded(served: Served, recording: Recording) -> None:
    @served.app.websocket("/")
    async def greet(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")

    with TestClient(served).websocket_connect("/") as websocket:
        assert websocket.receive_text() == "hello"

    assert recording.of_request(None) == ["engine 1 opened"] == list(map(str, recording.events))
