"""A small app behind uvicorn, to see what a recording says of it."""

import socket
from collections.abc import Iterator
from threading import Semaphore

import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Receive, Scope, Send

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.workbook.recording.events import Recording
from steps.workbook.world.serving import HOST, serve

PATIENCE_S = 20
"""How long a test waits for somebody else before it fails, in seconds."""


class Awaited:
    """A recorded app; `wait_for` waits until requests to it have ended."""

    def __init__(self, recorded: ASGIApp) -> None:
        self._recorded = recorded
        self._ended = Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._recorded(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self._ended.release()

    def wait_for(self, requests: int = 1) -> None:
        assert all(self._ended.acquire(timeout=PATIENCE_S) for _ in range(requests))


class Served(Awaited):
    """A small app with a database, behind uvicorn."""

    def __init__(self, recording: Recording) -> None:
        self.app = FastAPI()
        self.engine = open_engine(load_settings())
        super().__init__(recording.wrap(self.app))

    def get_session(self) -> Iterator[Session]:
        """Do as FastAPI's tutorial does: the commit comes behind the `yield`."""
        with Session(self.engine) as session:
            yield session
            session.commit()

    def ask(self, *paths: str, method: str = "GET") -> list[int]:
        """Return the status codes of requests that came one after the other."""
        no_reuse = {"Connection": "close"}  # after an error the server closes it anyway
        with (
            serve(self) as url,
            httpx2.Client(base_url=url, headers=no_reuse, trust_env=False) as client,
        ):
            statuses = []
            for path in paths:
                statuses.append(client.request(method, path).status_code)
                self.wait_for()
            return statuses

    def ask_and_leave(self, until: bytes = b"") -> None:
        """Ask, and close the connection when that much of the response has come."""
        with serve(self) as url:
            with socket.create_connection((HOST, httpx2.URL(url).port or 0)) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                received = b""
                while until not in received:
                    received += connection.recv(4096)
            self.wait_for()


def write(session: Session) -> None:
    session.execute(text("CREATE TABLE IF NOT EXISTS notes (word TEXT)"))


def use(session: Session) -> None:
    session.execute(text("SELECT 1"))


def left_open(recording: Recording) -> set[str]:
    """Return the kinds of what is open beyond the engine, which every test here keeps open."""
    return {subject.rsplit(" ", 1)[0] for subject in recording.left_open()} - {"engine"}


def owners(recording: Recording, kind: str) -> list[set[int | None]]:
    """Return for each object of a kind in whose name something happened to it."""
    found: dict[int, set[int | None]] = {}
    for event in recording.events:
        if event.kind == kind:
            found.setdefault(event.number, set()).add(event.request)
    return list(found.values())
