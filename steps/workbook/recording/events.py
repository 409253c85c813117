"""What was recorded of an app: which object opened and closed when, and for which request."""

import threading
from asyncio import _get_running_loop as running_loop  # the only way to ask that cannot raise
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from itertools import count, pairwise
from threading import RLock, get_ident
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT = 4_000
"""How many events a recording keeps unless told otherwise. One request makes about fifteen."""

CLOSED_BY = {"opened": "closed", "begins": "ends", "starts": "ends", "taken": "given back"}
"""Which action ends what another one began."""

Thread = Literal["event loop", "worker thread", "main thread"]

LONGEST_DETAIL = 200
"""How many letters of a path are kept."""


class Event(NamedTuple):
    """Something that happened to an object.

    `kind` and `number` name the object: ("engine", 2) is the second engine that was seen.
    `request` is the number of the request on whose behalf it happened; None for the app's own.
    `moment` counts all events of the recording. `within` names the object that this one is a part
    of: a transaction is within a session. `detail` is what a request, a route or a status is.
    """

    moment: int
    kind: str
    number: int
    action: str
    request: int | None
    thread: Thread
    detail: str = ""
    within: str = ""

    @property
    def subject(self) -> str:
        return f"{self.kind} {self.number}"

    def __str__(self) -> str:
        what = f"{self.subject} {self.action}"
        return f"{what}: {self.detail}" if self.detail else what


def open_after(events: Iterable[Event]) -> list[str]:
    """Return the objects that are open after these events, in the order of their opening."""
    still_open: dict[tuple[str, int, str], Event] = {}
    for event in events:
        if event.action in CLOSED_BY:
            still_open[event.kind, event.number, CLOSED_BY[event.action]] = event
        else:
            still_open.pop((event.kind, event.number, event.action), None)
    return list(dict.fromkeys(event.subject for event in still_open.values()))


Noted = tuple[int, str, int, str, int | None, bool, int, str, str]
"""An event as it is kept, because an `Event` takes longer to make."""


class NeverHappened(AssertionError):
    """The order of something that did not happen was asked for."""


class Forgotten(AssertionError):
    """Something was asked of a recording that does not keep every event any more."""


class Recording:
    """Events from all threads, in the order in which they happened.

    At least the newest `limit` events are kept, at most twice as many, and the opening of what is
    still open: so an engine that lives for a week has its row. All methods may be called from any
    thread.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.is_over = False
        self.request: ContextVar[int | None] = ContextVar("request", default=None)
        """The number of the request that this code runs for; None outside of requests."""
        self._limit = limit
        self._kept: deque[Noted] = deque()
        self._still_open: dict[tuple[str, int, str], Noted] = {}
        self._known: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._numbers: defaultdict[str, count[int]] = defaultdict(lambda: count(1))
        self._moments = count(1)
        self._forgotten = 0  # how many left `_kept`; the opening of what is still open among them
        # Reentrant: the garbage collector may give a connection back while this thread is in here.
        self._lock = RLock()

    @property
    def moment(self) -> int:
        """The moment of the newest event: how many there were so far."""
        with self._lock:
            return self._forgotten + len(self._kept)

    @property
    def events(self) -> list[Event]:
        """What is kept, the oldest first."""
        with self._lock:
            noted = [*self._still_open.values(), *self._kept.copy()]
        return [_event(*each) for each in sorted(noted)]

    @property
    def dropped(self) -> int:
        """How many events are not kept any more."""
        with self._lock:
            return self._forgotten - len(self._still_open)

    def of_request(self, request: int | None) -> list[str]:
        """Return what happened on behalf of a request, or with None for the app itself."""
        return [str(event) for event in self.events if event.request == request]

    def of_kind(self, *kinds: str) -> list[str]:
        """Return what happened to objects of these kinds, such as "engine 1 opened"."""
        return [str(event) for event in self.events if event.kind in kinds]

    def left_open(self) -> list[str]:
        """Return the objects that are open, such as "engine 1", in the order of their opening."""
        return open_after(self.events)

    def count(self, kind: str, action: str, request: int | None = None) -> int:
        """Return how often something happened: `count("engine", "opened")`.

        With `request`, only on behalf of this one. Raises Forgotten.
        """
        self._need_all()
        return sum(
            event.kind == kind and event.action == action and request in (None, event.request)
            for event in self.events
        )

    def order(self, *happenings: str, request: int | None = None) -> bool:
        """Tell whether things happened in this order, whatever came between.

        `order("transaction commits", "response starts", request=1)`: each commit of request 1 came
        before its response. A happening names an object or a kind: "engine 2 closed" is about that
        engine, "engine closed" about each of them. Raises NeverHappened, because what did not
        happen has no order, and Forgotten.
        """
        self._need_all()
        moments = [self._moments_of(happening, request) for happening in happenings]
        return all(before[-1] < after[0] for before, after in pairwise(moments))

    def _need_all(self) -> None:
        if self.dropped:
            raise Forgotten(f"{self.dropped} events are not kept: record with a higher limit")

    def _moments_of(self, happening: str, request: int | None) -> list[int]:
        found = [
            event.moment
            for event in self.events
            if request in (None, event.request)
            and happening in (f"{event.subject} {event.action}", f"{event.kind} {event.action}")
        ]
        if not found:
            raise NeverHappened(f"{happening!r} is not among:\n{self!r}")
        return found

    def __repr__(self) -> str:
        return "\n".join(map(str, self.events)) or "nothing happened"

    def note(
        self,
        kind: str,
        number: int,
        action: str,
        request: int | None,
        detail: str = "",
        within: str = "",
    ) -> None:
        """Note an event of an object whose number and request are known."""
        moment, thread, no_loop = next(self._moments), get_ident(), running_loop() is None
        noted = (moment, kind, number, action, request, no_loop, thread, detail, within)
        self._kept.append(noted)
        if len(self._kept) > 2 * self._limit:
            self._forget()

    def add(self, action: str, kind: str, subject: object) -> None:
        """Note that something happened to an object, in the name of the current request."""
        number = self._known.get(subject)
        if number is None:
            number = self._known.setdefault(subject, next(self.numbers(kind)))
        self.note(kind, number, action, self.request.get())

    def numbers(self, kind: str) -> Iterator[int]:
        """Return what counts the objects of a kind, from 1 on, for all threads."""
        with self._lock:
            return self._numbers[kind]

    def wrap(self, app: ASGIApp, *, number_header: bytes = b"") -> ASGIApp:
        """Return an ASGI app that records the requests to `app` and passes them on.

        A response starts and ends when it is handed to the server, which sends it at once. With
        the name of a header, each response tells in it which number its request has.
        """
        numbers = self.numbers("request")

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            number = next(numbers)
            is_open = is_answered = is_gone = False
            within = f"request {number}"

            async def recorded_receive() -> Message:
                nonlocal is_gone
                message = await receive()
                if message["type"] == "http.disconnect" and not (is_answered or is_gone):
                    is_gone = True
                    self.note("client", number, "disconnects", number, "", within)
                return message

            async def recorded_send(message: Message) -> None:
                nonlocal is_open, is_answered
                if message["type"] == "http.response.start":
                    is_open = True
                    self.note("response", number, "starts", number, str(message["status"]), within)
                    if number_header:
                        headers = [*message.get("headers", ()), (number_header, b"%d" % number)]
                        message = {**message, "headers": headers}
                elif message["type"] == "http.response.body" and not message.get("more_body"):
                    is_answered = True
                    self.note("response", number, "ends", number, "", within)
                await send(message)

            token = self.request.set(number)
            what = f"{scope['method']} {scope['path']}"[:LONGEST_DETAIL]
            self.note("request", number, "begins", number, what)
            try:
                await app(scope, recorded_receive, recorded_send)
            finally:
                if is_open and not is_answered:
                    self.note("response", number, "ends", number, "cut off", within)
                self.note("request", number, "ends", number, _route_of(scope))
                self.request.reset(token)

        return recorded

    def _forget(self) -> None:
        """Drop the older half, but for the opening of what did not close within that half."""
        with self._lock:
            while len(self._kept) > self._limit:
                noted = self._kept.popleft()
                self._forgotten += 1
                _, kind, number, action, *_ = noted
                if action in CLOSED_BY:
                    self._still_open[kind, number, CLOSED_BY[action]] = noted
                else:
                    self._still_open.pop((kind, number, action), None)
            while len(self._still_open) > self._limit:  # what is never closed, the newest first
                self._still_open.popitem()


def _event(
    moment: int,
    kind: str,
    number: int,
    action: str,
    request: int | None,
    no_loop: bool,
    thread: int,
    detail: str,
    within: str,
) -> Event:
    name: Thread = "event loop"
    if no_loop:
        name = "main thread" if thread == threading.main_thread().ident else "worker thread"
    if not detail.isprintable():  # a path may hold any character, and a picture may not
        detail = "".join(each if each.isprintable() else "\ufffd" for each in detail)
    return Event(moment, kind, number, action, request, name, detail, within)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "no route")
