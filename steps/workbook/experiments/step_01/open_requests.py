"""What a stream and a websocket hold while they are open."""

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from steps.infrastructure.tables import UserRow
from steps.workbook.world.databases import connections_in_use, plain_engine
from steps.workbook.world.serving import client_of, serve

PATIENCE_S = 10
"""Seconds after which a stream of a failed experiment goes on by itself."""

Scope = Literal["function"] | None
SCOPES: dict[str, Scope] = {"default scope": None, "function scope": "function"}


def stream_and_chat_app(engine: Engine, scope: Scope, may_end: Event) -> FastAPI:
    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            session.scalar(select(1))
            yield session

    app = FastAPI(dependencies=[Depends(get_session, scope=scope)])

    @app.get("/stream")
    def stream() -> Iterator[str]:
        yield "first"
        may_end.wait(PATIENCE_S)

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    return app


def connections_held_by_two_slow_streams() -> dict[str, int]:
    held: dict[str, int] = {}
    for name, scope in SCOPES.items():
        with plain_engine() as engine, ExitStack() as stack:
            may_end = Event()
            url = stack.enter_context(serve(stream_and_chat_app(engine, scope, may_end)))
            client = stack.enter_context(client_of(url))
            stack.callback(may_end.set)
            for _ in range(2):
                answer = stack.enter_context(client.stream("GET", "/stream"))
                next(answer.iter_raw())
            held[name] = connections_in_use(engine)
    return held


def connections_held_by_two_idle_websockets() -> dict[str, int]:
    held: dict[str, int] = {}
    for name, scope in SCOPES.items():
        with plain_engine() as engine:
            client = TestClient(stream_and_chat_app(engine, scope, Event()))
            with client.websocket_connect("/chat") as one, client.websocket_connect("/chat") as two:
                held[name] = connections_in_use(engine)
                one.send_text("bye")
                two.send_text("bye")
    return held


def a_stream_in_function_scope_opens_the_session_again() -> dict[str, int]:
    sessions: list[Session] = []  # keeps them from the garbage collector
    app = FastAPI()
    with plain_engine() as engine:

        def get_session() -> Iterator[Session]:
            with Session(engine) as session:
                sessions.append(session)
                yield session

        in_function_scope = Depends(get_session, scope="function")

        @app.get("/user-ids")
        def stream(session: Annotated[Session, in_function_scope]) -> Iterator[int]:
            yield from session.scalars(select(UserRow.id))

        status = TestClient(app).get("/user-ids").status_code
        held = connections_in_use(engine)
        sessions[0].close()
    return {"status": status, "connections still in use": held}
