"""A recording says what happened, in which order, and forgets the oldest."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread, current_thread, get_ident

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steps.infrastructure.announcements import announce
from steps.workbook.recording import events as recording_module
from steps.workbook.recording.events import LONGEST_DETAIL, Forgotten, NeverHappened, Recording
from steps.workbook.recording.recorder import record

LIMIT = 10


class Thing:
    """Something that opens and closes."""

    def __init__(self, kind: str = "engine") -> None:
        self.kind = kind
        announce("opened", kind, self)

    def close(self) -> None:
        announce("closed", self.kind, self)


async def receive_nothing() -> Message:
    return {"type": "http.request"}


async def send_nothing(message: Message) -> None: ...


async def ask(app: ASGIApp, path: str = "/", receive: Receive = receive_nothing) -> None:
    await app({"type": "http", "method": "GET", "path": path}, receive, send_nothing)


def for_request(recording: Recording, number: int, act: Callable[[], object]) -> None:
    token = recording.request.set(number)
    act()
    recording.request.reset(token)


# What happened


def test_a_recording_reads_as_what_happened(recording: Recording) -> None:
    assert repr(recording) == "nothing happened"

    Thing().close()
    Thing("S3 client")

    assert repr(recording) == "engine 1 opened\nengine 1 closed\nS3 client 1 opened"


def test_things_of_each_kind_are_counted_from_one_on(recording: Recording) -> None:
    assert recording.of_request(None) == []
    first, second, client = Thing(), Thing(), Thing("S3 client")
    for thing in (client, second, first):
        thing.close()

    assert recording.of_request(None) == [
        "engine 1 opened",
        "engine 2 opened",
        "S3 client 1 opened",
        "S3 client 1 closed",
        "engine 2 closed",
        "engine 1 closed",
    ]


def test_what_happened_is_counted_in_all_or_for_one_request(recording: Recording) -> None:
    Thing()
    for request in (1, 2, 2):
        for_request(recording, request, Thing)

    assert recording.count("engine", "opened") == 4
    assert recording.count("engine", "opened", request=2) == 2
    assert recording.count("engine", "opened", request=3) == 0
    assert recording.count("engine", "closed") == recording.count("S3 client", "opened") == 0


def test_what_is_open_is_listed_as_it_was_opened(recording: Recording) -> None:
    things = [Thing(kind) for kind in ("engine", "S3 client", "engine", "engine")]
    things[2].close()

    assert recording.left_open() == ["engine 1", "S3 client 1", "engine 3"]


def test_an_event_has_the_kind_of_its_thread(recording: Recording) -> None:
    async def in_the_event_loop() -> None:
        Thing()
        await asyncio.to_thread(Thing)

    Thing()
    asyncio.run(in_the_event_loop())

    threads = [event.thread for event in recording.events]
    assert threads == ["main thread", "event loop", "worker thread"]


def test_what_comes_after_a_request_is_the_apps_own(recording: Recording) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        Thing()

    async def ask_and_go_on() -> None:
        await ask(recording.wrap(answer))
        Thing()

    asyncio.run(ask_and_go_on())

    assert [event.request for event in recording.events if event.action == "opened"] == [1, None]


def test_a_client_that_has_its_whole_answer_may_go(recording: Recording) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})
        await receive()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(ask(recording.wrap(answer), receive=receive))

    assert recording.count("response", "ends") == 1
    assert recording.count("client", "disconnects") == 0


def test_what_a_server_is_told_for_debugging_is_no_end_of_the_response(
    recording: Recording,
) -> None:
    """Starlette's test client is told so which template was rendered."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.debug", "info": {}})
        Thing()
        await send({"type": "http.response.body"})

    asyncio.run(ask(recording.wrap(answer)))

    assert recording.order("response starts", "engine opened", "response ends")
    assert recording.count("response", "ends") == 1


def test_of_a_long_path_only_the_beginning_is_noted(recording: Recording) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None: ...

    path = "/" + "long" * LONGEST_DETAIL
    asyncio.run(ask(recording.wrap(answer), path))

    assert recording.events[0].detail == f"GET {path}"[:LONGEST_DETAIL]


# In which order


@pytest.fixture
def two_engines(recording: Recording) -> Recording:
    """Opened 1 and 2, closed 1 and 2; request 1 has the first one, request 2 the other."""
    things: list[Thing] = []
    for request in (1, 2):
        for_request(recording, request, lambda: things.append(Thing()))
    for request, thing in enumerate(things, start=1):
        for_request(recording, request, thing.close)
    return recording


def test_the_order_is_true_or_false(two_engines: Recording) -> None:
    assert two_engines.order("engine 1 opened", "engine 2 opened", "engine 1 closed")
    assert not two_engines.order("engine 1 closed", "engine 2 opened")
    assert not two_engines.order("engine 1 opened", "engine 1 closed", "engine 2 opened")


def test_a_kind_stands_for_all_of_its_objects(two_engines: Recording) -> None:
    assert two_engines.order("engine opened", "engine closed")
    assert not two_engines.order("engine opened", "engine 2 opened")
    assert not two_engines.order("engine 1 closed", "engine closed")


def test_the_order_may_be_asked_of_one_request(two_engines: Recording) -> None:
    assert two_engines.order("engine opened", "engine 2 closed", request=2)
    with pytest.raises(NeverHappened):
        two_engines.order("engine opened", "engine 2 closed", request=1)


def test_nothing_comes_before_itself(two_engines: Recording) -> None:
    assert two_engines.order("engine 1 opened")
    assert not two_engines.order("engine 1 opened", "engine 1 opened")


@pytest.mark.parametrize(
    "happening", ["engine 3 opened", "engine rolls back", "engine", "", "engine 1 opened: twice"]
)
def test_what_never_happened_has_no_order(happening: str, two_engines: Recording) -> None:
    with pytest.raises(NeverHappened, match="is not among:\nengine 1 opened\nengine 2 opened"):
        two_engines.order("engine 1 opened", happening)


def test_a_detail_is_no_part_of_what_is_asked_for(recording: Recording) -> None:
    recording.note("response", 1, "starts", 1, detail="201")

    assert repr(recording) == "response 1 starts: 201"
    assert recording.order("response 1 starts")


def test_a_detail_holds_nothing_that_no_picture_may_hold(recording: Recording) -> None:
    recording.note("request", 1, "begins", 1, detail="GET /\x00\x1b\ud800é")

    assert recording.events[0].detail == "GET /\ufffd\ufffd\ufffdé"


def test_events_of_all_threads_come_in_one_order(recording: Recording) -> None:
    together = Barrier(8)

    def open_and_close() -> None:
        together.wait(20)
        for _ in range(100):
            Thing().close()

    with ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(open_and_close) for _ in range(8)]:
            each.result()

    events = recording.events
    assert [event.moment for event in events] == list(range(1, 1601))
    opened = {event.number for event in events if event.action == "opened"}
    assert opened == set(range(1, 801))
    assert recording.left_open() == []


def test_an_event_that_is_overtaken_is_put_in_its_place(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread has its moment, and another one is quicker to note its event."""
    has_its_moment, is_overtaken = Event(), Event()

    def wait_to_be_overtaken() -> int:
        monkeypatch.setattr(recording_module, "get_ident", get_ident)
        has_its_moment.set()
        assert is_overtaken.wait(20)
        return get_ident()

    monkeypatch.setattr(recording_module, "get_ident", wait_to_be_overtaken)
    with ThreadPoolExecutor() as threads:
        overtaken = threads.submit(recording.note, "engine", 1, "opened", None)
        assert has_its_moment.wait(20)
        recording.note("engine", 2, "opened", None)
        is_overtaken.set()
        overtaken.result()

    assert repr(recording) == "engine 1 opened\nengine 2 opened"
    assert (recording.moment, recording.dropped) == (2, 0)


# What is kept


def test_the_moment_is_how_much_has_happened() -> None:
    with record(LIMIT) as recording:
        moments = [recording.moment]
        for _ in range(50):
            Thing()
            moments.append(recording.moment)

    assert moments == list(range(51))


def test_the_newest_are_kept_and_the_others_counted() -> None:
    with record(LIMIT) as recording:
        for number in range(1, 201):
            Thing().close()
            events = recording.events
            assert min(LIMIT, 2 * number) <= len(events) <= 2 * LIMIT + 1
            assert recording.dropped == 2 * number - len(events)

    moments = [event.moment for event in recording.events]
    assert moments[-LIMIT:] == list(range(391, 401))
    assert moments == sorted(set(moments))


def test_nothing_is_dropped_before_twice_the_limit() -> None:
    with record(LIMIT) as recording:
        for _ in range(LIMIT):
            Thing().close()
        assert recording.dropped == 0
        assert len(recording.events) == 2 * LIMIT

        Thing()
        assert recording.dropped > 0


def test_what_is_still_open_keeps_its_opening() -> None:
    with record(LIMIT) as recording:
        engine = Thing()
        for _ in range(100):
            Thing("S3 client").close()
        assert str(recording.events[0]) == "engine 1 opened"
        assert recording.left_open() == ["engine 1"]

        engine.close()
        assert recording.of_kind("engine") == ["engine 1 opened", "engine 1 closed"]
        for _ in range(100):
            Thing("S3 client").close()
        assert recording.of_kind("engine") == []
        assert recording.dropped + len(recording.events) == recording.moment


def test_what_nobody_ever_closes_is_bounded_too() -> None:
    with record(LIMIT) as recording:
        for number in range(1, 501):
            Thing()
            assert len(recording.events) <= 3 * LIMIT
            assert recording.dropped + len(recording.events) == number

    assert recording.left_open()[:2] == ["engine 1", "engine 2"]  # what has been open the longest
    assert recording.left_open()[-1] == "engine 500"


def test_what_is_not_kept_is_neither_counted_nor_in_any_order() -> None:
    with record(LIMIT) as recording:
        for _ in range(LIMIT):
            Thing().close()
        assert recording.count("engine", "opened") == LIMIT
        assert recording.order("engine 1 opened", "engine 10 closed")
        Thing()

    with pytest.raises(Forgotten, match="events are not kept"):
        recording.count("engine", "opened")
    with pytest.raises(Forgotten, match="events are not kept"):
        recording.order("engine 10 opened", "engine 10 closed")


class Closing(str):
    """A detail that opens and closes something at its own end.

    The garbage collector does the like at any moment, in the middle of a method, too.
    """

    __slots__ = ("recording",)
    recording: Recording

    def __del__(self) -> None:
        if isinstance(current_thread(), Busy):
            number = next(self.recording.numbers("session"))
            self.recording.note("session", number, "closed", None)


class Busy(Thread):
    """Not the main thread, because that one could not fail if it waited for itself."""


def test_what_ends_while_the_recording_is_busy_is_recorded_too() -> None:
    recording = Recording(LIMIT)

    def fill() -> None:
        for number in range(1, 2 * LIMIT + 2):
            detail = Closing()
            detail.recording = recording
            recording.note("engine", number, "closed", None, detail)

    filling = Busy(target=fill, daemon=True)
    filling.start()
    filling.join(20)

    assert not filling.is_alive()
    assert recording.of_kind("session") != []
    assert recording.dropped + len(recording.events) == recording.moment


def test_a_recording_keeps_no_object_alive() -> None:
    alive = Recording()
    for _ in range(100):
        alive.add("opened", "engine", type("Thing", (), {})())

    assert len(alive._known) == 0
