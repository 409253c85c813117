"""Nothing is left of a recording that is over, and several do not disturb each other."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, Pool, event
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steps.domain.settings import load_settings
from steps.infrastructure import announcements
from steps.infrastructure.database import open_engine
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database
from tests.workbook.recording.served_app import use


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that was there before anything was recorded, and its connection, too."""
    with new_database():
        engine = open_engine(load_settings())
        engine.connect().close()
        yield engine
        engine.dispose()


def patched() -> tuple[object, ...]:
    """Return the methods that a recording wraps."""
    return Session.__init__, Session.close, Session.invalidate


def sessions_of(recording: Recording) -> list[str]:
    return [str(each) for each in recording.events if each.kind == "session"]


def test_after_a_recording_nothing_is_patched_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    listened: list[tuple[Any, str, Callable[..., object]]] = []
    listen, before, others = event.listen, patched(), list(announcements.listeners)

    def spy(target: Any, name: str, listener: Callable[..., object]) -> None:
        listened.append((target, name, listener))
        listen(target, name, listener)

    monkeypatch.setattr(event, "listen", spy)
    with suppress(RuntimeError), record():
        assert not set(patched()) & set(before)
        assert {target for target, *_ in listened} == {Engine, Pool, Session}
        assert all(event.contains(*each) for each in listened)
        raise RuntimeError

    assert patched() == before
    assert not any(event.contains(*each) for each in listened)
    assert announcements.listeners == others


def test_what_happens_after_a_recording_is_not_in_it(engine: Engine) -> None:
    with record() as recording:
        assert not recording.is_over
    with Session(engine) as session:
        use(session)
    announcements.announce("opened", "engine", engine)

    assert recording.events == []
    assert recording.is_over


def test_a_session_that_outlives_its_recording_still_works(engine: Engine) -> None:
    with record() as recording:
        session = Session(engine)
        use(session)
    session.commit()
    session.close()

    assert recording.left_open() == ["session 1", "transaction 1", "connection 1"]


def test_recordings_do_not_disturb_each_other(engine: Engine) -> None:
    with record() as outer:
        with Session(engine):
            pass
        with record() as inner, Session(engine) as session:
            use(session)
        with Session(engine):
            pass
    with record() as later, Session(engine):
        pass

    assert [each.count("session", "opened") for each in (outer, inner, later)] == [3, 1, 1]
    assert [each.left_open() for each in (outer, inner, later)] == [[], [], []]
    assert sessions_of(inner) == ["session 1 opened", "session 1 closed"]


def test_of_two_recordings_either_may_end_first(engine: Engine) -> None:
    before = patched()
    first, second = record(), record()
    first.__enter__()
    kept = second.__enter__()
    first.__exit__(None, None, None)
    with Session(engine):
        pass
    second.__exit__(None, None, None)

    assert sessions_of(kept) == ["session 1 opened", "session 1 closed"]
    assert patched() == before


# Requests of several recordings

SCOPE = {"type": "http", "method": "GET", "path": "/"}


async def receive_nothing() -> Message:
    return {"type": "http.request"}


async def send_nothing(message: Message) -> None: ...


def owners_of_sessions(recording: Recording) -> set[tuple[int, int | None]]:
    return {(each.number, each.request) for each in recording.events if each.kind == "session"}


def test_each_recording_knows_its_own_requests_when_those_of_two_meet() -> None:
    """Two apps behind each of two recordings, and each app has a request at the same time."""

    async def ask_all(apps: list[ASGIApp]) -> None:
        together = asyncio.Barrier(len(apps))
        await asyncio.gather(
            *(app({**SCOPE, "meet": together.wait}, receive_nothing, send_nothing) for app in apps)
        )

    async def open_session(scope: Scope, receive: Receive, send: Send) -> None:
        await scope["meet"]()
        with Session():
            await scope["meet"]()

    async def other_app(scope: Scope, receive: Receive, send: Send) -> None:
        await open_session(scope, receive, send)

    with record() as first, record() as second:
        recorded = [each.wrap(app) for each in (first, second) for app in (open_session, other_app)]
        asyncio.run(ask_all(recorded))

    for recording, other in ((first, second), (second, first)):
        own = {number: request for number, request in owners_of_sessions(recording) if request}
        assert sorted(own.values()) == [1, 2]
        others = {number for number, request in owners_of_sessions(other) if request}
        assert own.keys() | others == {1, 2, 3, 4}
        assert not own.keys() & others


def test_a_request_within_another_recordings_request_is_known_to_both() -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        with Session():
            pass

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await within(scope, receive, send)
        with Session():
            pass

    async def ask_twice() -> None:
        for _ in range(2):
            await around(SCOPE, receive_nothing, send_nothing)

    with record() as first, record() as second:
        around, within = first.wrap(outer), second.wrap(inner)
        asyncio.run(ask_twice())

    assert owners_of_sessions(first) == {(1, 1), (2, 1), (3, 2), (4, 2)}
    assert owners_of_sessions(second) == {(1, 1), (2, None), (3, 2), (4, None)}
