"""What a recording says of the steps: whose engine it is, and when the commit comes."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends
from sqlalchemy.orm import Session

from steps.infrastructure import passwords
from steps.workbook.calls import (
    ASK_FOR_EXPORT,
    CALLS,
    LIST_BUCKETS,
    LOG_IN,
    LOOK_UP,
    SIGN_UP,
    SIGN_UP_AGAIN,
)
from steps.workbook.catalogue import STEPS, Step, find_step
from steps.workbook.pictures.chart import chart
from steps.workbook.recording.events import CLOSED_BY, Event, Recording
from steps.workbook.recording.one_step import record_step
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import embedded_environment, new_database
from steps.workbook.world.serving import serve
from tests.workbook.recording.served_app import PATIENCE_S, Awaited, Served, left_open, owners, use

REQUESTS = 200
ADA = {"email": "ada@example.com", "password": "correct horse"}
RESPONSE = ("response", "starts")
PAIRS = [
    ("session opened", "session closed"),
    ("transaction begins", "transaction ends"),
    ("connection taken", "connection given back"),
]

OPENING_AT_THEIR_START = [s for s in STEPS if any(map(s.has, ("core", "container", "infra")))]
WITH_ONE_TRANSACTION_FOR_A_LOG_IN = [s for s in STEPS if s.transaction != "method"]

pytestmark = pytest.mark.usefixtures("quick_hashing")


def name_of(step: Step) -> str:
    return f"step_{step.number:02}"


@pytest.fixture
def served(recording: Recording) -> Iterator[Served]:
    with new_database():
        served = Served(recording)
        yield served
        served.engine.dispose()


def lives_of(recording: Recording, kind: str) -> dict[int, list[Event]]:
    """Return what happened to each object of a kind."""
    lives: dict[int, list[Event]] = {}
    for event in recording.events:
        if event.kind == kind:
            lives.setdefault(event.number, []).append(event)
    return lives


# Whose engine it is


def test_in_step_01_each_request_has_an_engine_of_its_own() -> None:
    recording = record_step(1, SIGN_UP, LOOK_UP, SIGN_UP_AGAIN)

    assert owners(recording, "engine") == [{1}, {2}, {3}]
    for request in (1, 2, 3):
        assert recording.order("request begins", "engine opened", request=request)
        assert recording.order("engine opened", "engine closed", "request ends", request=request)


@pytest.mark.parametrize("step", OPENING_AT_THEIR_START, ids=name_of)
def test_from_step_03_on_one_engine_of_the_app_is_there_for_all_requests(step: Step) -> None:
    recording = record_step(step.number, SIGN_UP, LOOK_UP, SIGN_UP_AGAIN)

    assert owners(recording, "engine") == [{None}]
    assert recording.order("engine opened", "request begins")
    assert recording.order("request ends", "engine closed")


def test_in_step_02_the_engine_of_the_first_request_stays_open() -> None:
    recording = record_step(2, SIGN_UP, LOOK_UP)

    assert owners(recording, "engine") == [{1}]
    assert recording.left_open() == ["engine 1", "connection 1"]


# What the page of a step says of it


def test_a_step_looks_new_where_its_page_says_so_and_else_as_the_one_before() -> None:
    recordings = {
        step.number: record_step(step.number, SIGN_UP, LOOK_UP) for step in STEPS if step.number > 1
    }
    seen = {number: list(map(str, each.events)) for number, each in recordings.items()}
    assert seen[2] != seen[3] == seen[4] == seen[5] != seen[6] != seen[7]
    for step in STEPS[7:]:
        assert seen[step.number] == seen[7]
        assert {event.thread for event in recordings[step.number].events} == {"event loop"}

    own = {number: recordings[number].of_request(1) for number in (5, 6, 7)}
    sessions = {n: sum("session" in each and "opened" in each for each in own[n]) for n in own}
    commits = {n: sum(each.endswith("commits") for each in own[n]) for n in own}
    assert sessions == commits == {5: 1, 6: 2, 7: 1}
    decisions = {n: recordings[n].of_request(2) for n in (6, 7)}
    assert "transaction 3 commits" in decisions[6]
    assert "transaction 2 reads only" in decisions[7]
    assert "worker thread" in {event.thread for event in recordings[7].events}


def test_an_export_that_is_asked_for_is_one_commit_and_an_answer() -> None:
    own = record_step(12, ASK_FOR_EXPORT).of_request(1)

    assert [each for each in own if "commits" in each or "starts" in each] == [
        "transaction 1 commits",
        "response 1 starts: 202",
    ]


def test_in_steps_01_and_02_an_s3_client_opens_with_a_request_for_it() -> None:
    first, second = (record_step(number, LIST_BUCKETS, LIST_BUCKETS) for number in (1, 2))

    assert owners(first, "S3 client") == [{1}, {2}]
    assert (owners(first, "engine"), first.left_open()) == ([], [])
    assert owners(second, "S3 client") == [{1}]
    assert second.left_open() == ["S3 client 1"]


# When the commit comes


def test_with_the_default_scope_the_commit_comes_after_the_response(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session)]) -> None:
        use(session)

    served.ask("/")

    assert recording.order("response ends", "transaction commits", "request ends")


def test_with_function_scope_the_commit_comes_before_the_response(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session, scope="function")]) -> None:
        use(session)

    served.ask("/")

    assert recording.order("transaction commits", "session closed", "response starts")


@pytest.mark.parametrize("step", WITH_ONE_TRANSACTION_FOR_A_LOG_IN, ids=name_of)
def test_a_log_in_that_fails_commits_nothing_and_ends_before_its_response(step: Step) -> None:
    recording = record_step(step.number, LOG_IN)

    assert "response 1 starts: 401" in recording.of_request(1)
    assert recording.order("transaction ends", "response starts", request=1)
    assert recording.count("transaction", "commits") == 0


# Two hundred requests at once


class Crowd:
    """What 200 requests at once got from a step, what was open after them, what was recorded."""

    def __init__(self, step: Step) -> None:
        with embedded_environment(), record() as self.recording:
            app = Awaited(self.recording.wrap(step.create_app()))
            with serve(app) as url:
                self.statuses = asyncio.run(self._ask(url))
                app.wait_for(REQUESTS)
                self.left_open_while_it_ran = left_open(self.recording)

    async def _ask(self, url: str) -> Counter[int]:
        limits = httpx2.Limits(max_connections=REQUESTS)
        async with httpx2.AsyncClient(
            base_url=url, limits=limits, timeout=PATIENCE_S, trust_env=False
        ) as client:
            answers = []
            for n in range(REQUESTS // 4):
                for email in (f"user{n}@example.com", "ada@example.com"):
                    answers.append(client.post("/users", json={**ADA, "email": email}))
                answers += [client.get("/users/999"), client.get("/buckets")]
            return Counter(answer.status_code for answer in await asyncio.gather(*answers))


@pytest.fixture(scope="module", params=[3, 7], ids=["step_03", "step_07"])
def crowd(request: pytest.FixtureRequest) -> Crowd:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "MEMORY_KIB", 8)
        patch.setattr(passwords, "TIME_COST", 1)
        return Crowd(find_step(request.param))


def test_of_two_hundred_requests_nothing_stays_open(crowd: Crowd) -> None:
    assert crowd.statuses == {201: 51, 409: 49, 404: 50, 200: 50}
    assert crowd.left_open_while_it_ran == {"S3 client", "connection"}
    assert crowd.recording.left_open() == []
    assert crowd.recording.dropped == 0


def test_two_hundred_requests_were_there_at_once(crowd: Crowd) -> None:
    steps = {"begins": 1, "ends": -1}
    there = accumulate(steps[e.action] for e in crowd.recording.events if e.kind == "request")

    assert max(there) > 1


@pytest.mark.parametrize("kind", ["request", "response", "session", "transaction"])
def test_each_object_of_two_hundred_requests_has_one_owner_and_one_end(
    kind: str, crowd: Crowd
) -> None:
    lives = lives_of(crowd.recording, kind)

    assert len(lives) >= 150
    for events in lives.values():
        assert len({event.request for event in events}) == 1
        assert events[0].action in CLOSED_BY
        assert events[-1].action == CLOSED_BY[events[0].action]
        assert Counter(e.action for e in events) == Counter({e.action for e in events})


def test_each_of_two_hundred_requests_is_whole_and_in_order(crowd: Crowd) -> None:
    assert len(lives_of(crowd.recording, "request")) == REQUESTS
    by_request: dict[int | None, list[Event]] = {}
    for event in crowd.recording.events:
        by_request.setdefault(event.request, []).append(event)
    for request in range(1, REQUESTS + 1):
        own = [f"{event.kind} {event.action}" for event in by_request[request]]
        assert own[0] == "request begins"
        assert own[-3:] == ["response starts", "response ends", "request ends"]
        for opened, closed in PAIRS:
            assert own.count(opened) == own.count(closed)
        if any("session" in what for what in own):
            assert own[1] == "session opened"
            assert own[-4] == "session closed"


def test_each_connection_is_given_back_by_the_request_that_took_it(crowd: Crowd) -> None:
    for events in lives_of(crowd.recording, "connection").values():
        assert (events[0].action, events[-1].action) == ("opened", "closed")
        for taken, given_back in zip(events[1:-1:2], events[2:-1:2], strict=True):
            assert (taken.action, given_back.action) == ("taken", "given back")
            assert taken.request == given_back.request


# One call in a notebook


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_one_call_shows_the_lifetimes_of_a_step(step: Step) -> None:
    title = f"Step {step.number:02}: sign up, log in, look up the user"
    pictures = [chart(record_step(step.number, SIGN_UP, LOG_IN, LOOK_UP), title) for _ in range(2)]

    assert pictures[0].html == pictures[1].html
    assert f'alt="Step {step.number:02}: sign up, log in, look up the user. ' in pictures[0].html


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_the_calls_of_the_service_are_recorded_of_every_step(step: Step) -> None:
    recording = record_step(step.number, *CALLS)

    starts = [event for event in recording.events if (event.kind, event.action) == RESPONSE]
    assert [e.detail for e in starts] == ["201", "409", "200", "200", "200", "200", "401", "200"]
    assert recording.is_over
    if step.number != 2:
        assert recording.left_open() == []
