"""What the page /lifetimes gets from its server, seen without a browser."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Semaphore
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.workbook.calls import CALLS, EXPORT_CALLS
from steps.workbook.pictures.chart import Frame, draw
from steps.workbook.pictures.rows import Newest
from steps.workbook.recording.events import Recording
from steps.workbook.running.live import app as live
from steps.workbook.running.live.app import FILES, Subject, with_live_page
from steps.workbook.world.serving import serve
from tests.workbook.recorded import REQUEST, recorded
from tests.workbook.recording.served_app import PATIENCE_S

SUBJECT = Subject("A title")
HERE = "http://127.0.0.1"

LOOKS = 5
"""How often the server looks for news before we believe that it tells none."""


class Live:
    """An app that does nothing, with the page beside it; `looks` counts how often it looks."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.looks, self.stopping = recording, Semaphore(0), Event()
        self.app = with_live_page(FastAPI(), recording, SUBJECT, self._is_stopping)
        self.client = httpx2.Client(trust_env=False, timeout=PATIENCE_S)

    def _is_stopping(self) -> bool:
        self.looks.release()
        return self.stopping.is_set()

    def wait_for_looks(self) -> None:
        while self.looks.acquire(blocking=False):
            pass
        assert all(self.looks.acquire(timeout=PATIENCE_S) for _ in range(LOOKS))

    @contextmanager
    def listen(self, after: int = 0) -> Iterator[Iterator[dict[str, Any]]]:
        """Give out the updates, one by one."""
        with self.client.stream("GET", f"/lifetimes/events?after={after}") as response:
            lines = (line for line in response.iter_lines() if line.startswith("data:"))
            yield (json.loads(line.removeprefix("data:")) for line in lines)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(live, "PAUSE_S", 0.001)
    page = Live(recorded("engine 1 opened", *REQUEST))
    with serve(page.app) as url, page.client:
        page.client.base_url = httpx2.URL(url)
        yield page
        page.stopping.set()


def test_a_page_gets_what_there_is_and_then_only_news(page: Live) -> None:
    with page.listen() as updates:
        first = next(updates)
        page.wait_for_looks()
        page.recording.note("engine", 2, "opened", None)
        second = next(updates)
        page.wait_for_looks()
        page.stopping.set()

        assert list(updates) == []
    assert (first["moment"], second["moment"]) == (5, 6)
    assert "engine 2" not in first["words"]
    assert "engine 2 opened" in second["words"]
    assert first["recording"] == second["recording"]


def test_what_the_page_asks_for_is_not_recorded_and_no_news(page: Live) -> None:
    with page.listen() as updates:
        next(updates)
        for path in ("", "/page.js", "/page.css", "/nowhere"):
            page.client.get(f"/lifetimes{path}")
        page.client.get("/lifetimes-of-another-kind")
        while "request 1 ends: no route" not in next(updates)["words"]:
            pass

    assert page.recording.of_kind("request")[2:] == [
        "request 1 begins: GET /lifetimes-of-another-kind",
        "request 1 ends: no route",
    ]


def test_a_page_gets_what_came_after_the_moment_that_it_names(page: Live) -> None:
    with page.listen(after=page.recording.moment) as updates:
        words = next(updates)["words"]

    assert "engine 1 opened" in words  # which is still open
    assert "request" not in words


def test_a_picture_goes_up_to_its_moment_though_more_happens_while_it_is_drawn(
    page: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw_late(part: Newest, title: str, frame: Frame, **more: Any) -> str:
        if page.recording.moment == 5:
            page.recording.note("engine", 2, "opened", None)
        return draw(part, title, frame, **more)

    monkeypatch.setattr(live, "draw", draw_late)
    with page.listen() as updates:
        first, second = next(updates), next(updates)

    assert (first["moment"], second["moment"]) == (5, 6)
    assert "engine 2" not in first["words"]
    assert "engine 2" in second["words"]


def test_a_moment_of_an_earlier_server_is_none_of_this_one(page: Live) -> None:
    with page.listen(after=1_000) as updates:
        assert "request 1 begins" in next(updates)["words"]


def test_every_server_has_a_name_of_its_own(page: Live) -> None:
    other = Live(Recording())
    with serve(other.app) as url, other.client:
        other.client.base_url = httpx2.URL(url)
        with page.listen() as updates, other.listen() as other_updates:
            assert next(updates)["recording"] != next(other_updates)["recording"]
        other.stopping.set()


def test_all_pages_share_one_drawing(page: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw_once_more(part: Newest, *_: Any, **__: Any) -> str:
        drawn.append(len(part.events))
        return f"picture {len(drawn)}"

    monkeypatch.setattr(live, "draw", draw_once_more)
    with page.listen() as updates, page.listen() as others, page.listen(after=5) as cleared:
        pictures = [next(each)["svg"] for each in (updates, others, cleared)]

    assert pictures == ["picture 1", "picture 1", "picture 2"]
    assert drawn == [5, 1]


def test_no_more_pictures_are_kept_than_somebody_may_want(
    page: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_PICTURES", 1)
    for after in (0, 1, 2, 0):
        with page.listen(after) as updates:
            assert next(updates)["moment"] == 5


@pytest.mark.parametrize("path", ["/lifetimes", "/docs", *(f"/lifetimes/{name}" for name in FILES)])
def test_a_page_may_take_nothing_from_elsewhere(path: str, page: Live) -> None:
    answer = page.client.get(path)

    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= {*policy}
    assert not any("http" in part or "*" in part for part in policy)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/lifetimes", "/docs", "/redoc"])
def test_a_page_names_only_files_that_this_server_has(path: str, page: Live) -> None:
    text = page.client.get(path, follow_redirects=True).text
    named = re.findall(r'(?:src|href)="(?!data:|/docs|/openapi.json)([^"]*)"', text)

    assert all(name.startswith("/lifetimes") for name in named)
    answers = {name: page.client.get(name) for name in named}
    assert {name.rpartition(".")[2] for name in named} >= {"css", "js"}
    assert all(answer.is_success for answer in answers.values())
    for name, answer in answers.items():
        if name.endswith(".css"):
            assert set(re.findall(r"@import|url\(\W?(\w+:)", answer.text)) <= {"data:"}
    assert not re.search(r"<script[^>]*>[^<]| on\w+=", text)  # which the policy would not run


def test_docs_shows_what_the_step_itself_says_of_its_calls(page: Live) -> None:
    text = page.client.get("/docs").text
    described = page.client.get("/openapi.json")

    assert 'SwaggerUIBundle({ url: "/openapi.json"' in page.client.get("/lifetimes/docs.js").text
    assert '<a href="/lifetimes">' in text
    assert described.json()["info"]["title"] == FastAPI().title
    assert described.headers["X-Request-Number"] == "1"  # and the page is in no picture


def test_a_step_with_more_calls_has_more_buttons(recording: Recording) -> None:
    pages = [
        TestClient(with_live_page(FastAPI(), recording, subject, bool), base_url=HERE)
        for subject in (SUBJECT, Subject("A title", calls=CALLS + EXPORT_CALLS))
    ]

    few, more = (page.get("/lifetimes").text for page in pages)
    assert few.count('<button type="button" data-method') == len(CALLS)
    assert more.count('<button type="button" data-method') == len(CALLS) + 2
    assert 'data-path="/exports">Ask for an export</button>' in more


def test_whoever_calls_this_machine_by_another_name_gets_no_page(recording: Recording) -> None:
    subject = Subject("A title", api_key="the key")
    app = with_live_page(FastAPI(), recording, subject, bool)
    elsewhere = TestClient(app, base_url="http://evil.example")

    for here in (HERE, "http://localhost:8000", "http://[::1]:8000"):
        assert "the key" in TestClient(app, base_url=here).get("/lifetimes").text
    assert [elsewhere.get(path).status_code for path in ("/lifetimes", "/docs")] == [400, 400]


def test_an_answer_tells_which_request_it_is(page: Live) -> None:
    numbers = [page.client.get("/").headers["X-Request-Number"] for _ in range(2)]

    assert numbers == ["1", "2"]


def test_a_page_says_how_many_objects_were_opened_and_what_is_open(page: Live) -> None:
    for name in ("engine 2 opened", "engine 2 closed", "1: session 1 opened"):
        subject, _, action = name.removeprefix("1: ").rpartition(" ")
        kind, number = subject.split()
        page.recording.note(kind, int(number), action, 1 if name.startswith("1:") else None)
    with page.listen() as updates:
        update = next(updates)

    assert update["opened"] == "by the app: 2 engines; by requests: 1 session"
    assert update["open_now"] == "engine 1, session 1"


def test_the_picture_has_the_width_that_is_asked_for(page: Live) -> None:
    for query, status in (("width=640&rows=9", 200), ("width=9", 422), ("rows=0", 422)):
        with page.client.stream("GET", f"/lifetimes/events?{query}") as answer:
            assert answer.status_code == status
            if status == 200:
                line = next(line for line in answer.iter_lines() if line.startswith("data:"))
                assert 'viewBox=\\"0 0 640 ' in line


def test_a_page_says_how_much_a_long_day_has_left_behind(
    page: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page.recording, "_limit", 6)
    for _ in range(20):
        page.client.get("/")
    with page.listen() as updates:
        update = next(updates)

    assert re.search(r"^\d+ earlier events are not kept\.", update["missing"])
    assert update["open_now"] == "engine 1"
    assert "request 20 ends" in update["words"]
