"""The step beside another one: what is passed on to it, and how both end."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import takewhile
from pathlib import Path
from threading import Event

import httpx2
import psutil
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.testclient import TestClient

from steps.domain.urls import sqlite_url
from steps.workbook.catalogue import PROJECT, Step, find_step
from steps.workbook.recording.events import Recording
from steps.workbook.running.live.app import Subject, with_live_page
from steps.workbook.running.live.second import Second
from steps.workbook.running.serve_step import STARTUP_FAILURE, serve_step
from steps.workbook.world.serving import CREATION_FLAGS, STOP_SIGNAL, reserve_port, serve, url_of
from tests.workbook.recording.served_app import PATIENCE_S

NOWHERE = Step(99, "step_99_nowhere", idea="", repairs="", flaw="", follows=None)


class Other:
    """A server that tells what it was asked, and the page that passes requests on to it."""

    def __init__(self) -> None:
        self.app, self.gone = FastAPI(), Event()
        self.app.add_api_route("/redirect", self._redirect)
        self.app.add_api_route("/stream", self._stream)
        self.app.add_api_route("/{path:path}", self._tell, methods=["GET", "HEAD", "POST"])

    async def _redirect(self) -> Response:
        return RedirectResponse("/elsewhere")

    async def _stream(self) -> Response:
        return StreamingResponse(self._parts())

    async def _parts(self) -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            self.gone.set()

    async def _tell(self, request: Request) -> Response:
        said = b" ".join(
            [
                request.method.encode(),
                request.scope["raw_path"],
                request.scope["query_string"],
                request.headers.get("x-api-key", "").encode(),
                await request.body(),
            ]
        )
        return Response(said, 418, {"X-Request-Number": "7", "Content-Encoding": "identity"})


@pytest.fixture
def other() -> Other:
    return Other()


@pytest.fixture
def client(other: Other) -> Iterator[httpx2.Client]:
    with serve(other.app) as url:
        subject = Subject("A title", second=Second("Another", url))
        app = with_live_page(FastAPI(), Recording(), subject, bool)
        with serve(app) as first, httpx2.Client(base_url=first, trust_env=False) as client:
            yield client


def test_a_request_reaches_the_second_step_as_it_was_sent(client: httpx2.Client) -> None:
    big, odd = b"x" * 2_000_000, "/lifetimes/second/a%2Fb%3Fc%20%C3%A9"
    answer = client.post(f"{odd}?d=%26e", content=big, headers={"X-API-Key": "a'<b"})

    assert answer.status_code == 418
    assert answer.content == b"POST /a%2Fb%3Fc%20%C3%A9 d=%26e a'<b " + big
    assert answer.headers["X-Request-Number"] == "7"
    assert answer.headers["Content-Encoding"] == "identity"
    assert client.get("/lifetimes/second//evil.example/x").content.startswith(b"GET //evil")
    assert client.head("/lifetimes/second/x").content == b""
    assert client.get("/lifetimes/second%2F@evil.example:1/x").status_code == 404
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    redirect = client.get("/lifetimes/second/redirect")  # the page may not go there
    assert (redirect.status_code, redirect.headers.get("Location")) == (307, None)


def test_a_client_that_goes_away_leaves_nothing_open(client: httpx2.Client, other: Other) -> None:
    with client.stream("GET", "/lifetimes/second/stream") as answer:
        parts = answer.iter_raw()  # which closes the answer when nobody has it any more
        assert next(parts) == b"first"  # as it comes
        assert not other.gone.is_set()

    assert other.gone.wait(PATIENCE_S)


def test_a_second_step_that_is_gone_gives_no_answer() -> None:
    with reserve_port() as nobody:
        subject = Subject("A title", second=Second("Another", url_of(nobody)))
        app = with_live_page(FastAPI(), Recording(), subject, bool)
        here, elsewhere = (
            TestClient(app, base_url=f"http://{host}") for host in ("[::1]:1", "evil.example")
        )

        assert here.get("/lifetimes/second/health").status_code == 502
        assert elsewhere.get("/lifetimes/second/health").status_code == 400
        assert elsewhere.get("/health").status_code == 404  # the step's own, as ever


def test_a_second_step_that_does_not_start_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "S3_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with reserve_port() as reserved:
        port = reserved.getsockname()[1]

    assert serve_step(find_step(3), port, NOWHERE) == STARTUP_FAILURE
    assert capsys.readouterr().err == "Step 99 did not start beside it.\n"


def test_both_end_with_the_first_and_share_nothing_of_the_readers(tmp_path: Path) -> None:
    own = {
        "API_KEY": 'it\'s <a> "key"',
        "DATABASE_URL": sqlite_url(tmp_path / "own.db"),
        "S3_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "own",
        "AWS_SECRET_ACCESS_KEY": "own",
        "TMPDIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "steps.workbook", "run", "12", "--with", "11"],
        env={**os.environ, "CELERY_BROKER_URL": "", **own},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        creationflags=CREATION_FLAGS,
    )
    try:
        assert server.stdout is not None
        said = "".join(takewhile(lambda line: "Ctrl-C" not in line, server.stdout))
        url = re.findall(r"live and die: (\S+)/lifetimes", said)[0]
        children = psutil.Process(server.pid).children(recursive=True)
        groups = [os.getpgid(child.pid) for child in children] if sys.platform != "win32" else []
        notes = [PROJECT / f".served.{each}.json" for each in (server.pid, children[0].pid)]
        of_first, of_second = (note.stat().st_mtime_ns for note in notes)
        ada = {"email": "ada@example.com", "password": "correct horse"}
        with httpx2.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as client:
            page = client.get("/lifetimes").text
            answers = [client.post(f"{root}/users", json=ada) for root in ("", "/lifetimes/second")]
            key = {"X-API-Key": own["API_KEY"]}
            answers.append(
                client.post("/lifetimes/second/buckets", json={"name": "a-b"}, headers=key)
            )
            folders = list(tmp_path.glob("accounts-*"))
            with client.stream("GET", "/lifetimes/second/lifetimes/events") as events:
                assert next(events.iter_lines())
                server.send_signal(STOP_SIGNAL)
                exit_code = server.wait(timeout=PATIENCE_S)
        farewell = server.stdout.read()
        server.stdout.close()
    finally:
        server.kill()
        server.wait()

    assert 'id="key" type="password" autocomplete="off" spellcheck="false" value=""' in page
    assert "it&#x27;s" not in page
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert exit_code == 0
    assert farewell.endswith("Closed.\n")
    assert of_first > of_second  # a worker and commands go to the newest
    assert children
    assert not any(child.is_running() for child in children)
    if sys.platform != "win32":  # which takes its temporary folder from elsewhere
        assert groups == [child.pid for child in children]  # or Ctrl-C would interrupt its start
        assert len(folders) == 2
        assert list(tmp_path.glob("accounts-*")) == []
