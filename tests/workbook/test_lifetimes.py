"""The recorder sees what happens to whom, and the chart shows it."""

import re
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from steps.domain.settings import Settings
from steps.infrastructure.announcements import announce, listeners
from steps.infrastructure.database import open_engine
from steps.workbook.chart import chart, describe
from steps.workbook.lifetimes import Recording, record
from steps.workbook.serving import serve


def picture_of(recording: Recording) -> str:
    found = re.search(r"base64,([^\"]+)", chart(recording, "A title").data)
    assert found
    return b64decode(found[1]).decode()


def test_each_event_belongs_to_its_request_when_requests_meet(tmp_path: Path) -> None:
    database_url = SecretStr(f"sqlite:///{(tmp_path / 'accounts.db').as_posix()}")
    together = Barrier(4)
    app = FastAPI()

    @app.get("/")
    def ask() -> None:
        engine = open_engine(Settings(database_url=database_url))
        together.wait(timeout=10)
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            together.wait(timeout=10)
            session.commit()
        engine.dispose()

    with record() as recording, serve(recording.wrap(app)) as url, ThreadPoolExecutor(4) as threads:
        list(threads.map(httpx2.get, [url] * 4))

    for request in range(1, 5):
        kinds = [re.sub(r" \d+", "", str(e)) for e in recording.events if e.request == request]
        assert kinds == [
            "request begins: GET /",
            "engine opened",
            "transaction begins",
            "transaction commits",
            "transaction ends",
            "engine closed",
            "request is answered",
            "request ends",
        ]


def test_a_request_that_fails_ends_too(recording: Recording) -> None:
    app = FastAPI()

    @app.get("/")
    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        TestClient(recording.wrap(app)).get("/")

    assert recording.count("request", "ends") == 1


def test_nothing_is_recorded_after_the_end() -> None:
    before = list(listeners)
    with record() as recording:
        announce("opened", "engine", object())
    announce("opened", "engine", object())

    assert recording.count("engine", "opened") == 1
    assert listeners == before


def test_order_tells_what_came_first_and_leaves_out_what_did_not_happen(
    recording: Recording,
) -> None:
    first, second = object(), object()
    announce("opened", "engine", first)
    announce("opened", "engine", second)
    announce("closed", "engine", first)

    assert recording.order("engine 1 closed", "engine 2 opened", "engine 2 closed") == [
        "engine 2 opened",
        "engine 1 closed",
    ]


def test_the_same_recording_gives_the_same_picture(recording: Recording) -> None:
    engine = object()
    announce("opened", "engine", engine)
    announce("closed", "engine", engine)

    assert chart(recording, "A title").data == chart(recording, "A title").data
    assert "never closed" not in picture_of(recording)


def test_the_picture_shows_what_nobody_closed(recording: Recording) -> None:
    announce("opened", "engine", object())

    assert picture_of(recording).count("never closed") == 1


def test_the_picture_says_the_same_in_words(recording: Recording) -> None:
    announce("opened", "engine", object())

    assert describe(recording, "A title") == "A title. The app itself: engine 1 opened."
    assert 'alt="A title. The app itself: engine 1 opened."' in chart(recording, "A title").data


def test_a_title_cannot_break_the_picture(recording: Recording) -> None:
    data = chart(recording, '"><script>alert(1)</script>').data

    assert "<script>" not in data
    assert "<script>" not in b64decode(data.split("base64,")[1].split('"')[0]).decode()
