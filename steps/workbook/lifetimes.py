"""Records from outside when an app's objects open and close. The steps know nothing of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steps.infrastructure import announcements

_request: ContextVar[int | None] = ContextVar("request", default=None)


@dataclass(frozen=True)
class Event:
    """Something that happened to an object.

    `subject` names the object, such as "engine 2": the second engine that the recording saw.
    `request` is the number of the request on whose behalf it happened; None for the app's own.
    """

    subject: str
    action: str
    request: int | None

    def __str__(self) -> str:
        return f"{self.subject} {self.action}"


class Recording:
    """The events in the order in which they happened, from all threads."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._names: dict[int, str] = {}
        self._kept_alive: list[object] = []  # so that no id is given out twice
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, kind: str, action: str) -> int:
        """Return how many objects of a kind did something: `count("engine", "opened")`."""
        return sum(e.subject.startswith(f"{kind} ") and e.action == action for e in self.events)

    def order(self, *events: str) -> list[str]:
        """Return the given events, such as "request 1 is answered", in the order they happened."""
        return [str(e) for e in self.events if str(e) in events]

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an ASGI app that records the requests to `app` and passes them on."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)

            async def recorded_send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.add("is answered", "request", request)
                await send(message)

            request = object()
            number = int(self._name("request", request).split()[-1])
            token = _request.set(number)
            try:
                self.add(f"begins: {scope['method']} {scope['path']}", "request", request)
                await app(scope, receive, recorded_send)
            finally:
                self.add("ends", "request", request)
                _request.reset(token)

        return recorded

    def add(self, action: str, kind: str, subject: object) -> None:
        """Note that something happened to an object, in the name of the current request."""
        name = self._name(kind, subject)
        with self._lock:
            self.events.append(Event(name, action, _request.get()))

    def _name(self, kind: str, subject: object) -> str:
        with self._lock:
            if id(subject) not in self._names:
                self._counts[kind] += 1
                self._names[id(subject)] = f"{kind} {self._counts[kind]}"
                self._kept_alive.append(subject)
            return self._names[id(subject)]


@contextmanager
def record() -> Iterator[Recording]:
    """Record what the objects of this process do until the `with` block ends."""
    recording = Recording()

    def note_announcement(change: announcements.Change, kind: str, subject: object) -> None:
        recording.add(change, kind, subject)

    def note_begin(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            recording.add("begins", "transaction", transaction)

    def note_end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            recording.add("ends", "transaction", transaction)

    def note_commit(session: Session) -> None:
        recording.add("commits", "transaction", session.get_transaction())

    def note_rollback(session: Session) -> None:
        recording.add("rolls back", "transaction", session.get_transaction())

    listeners: dict[str, Callable[..., None]] = {
        "after_transaction_create": note_begin,
        "after_transaction_end": note_end,
        "after_commit": note_commit,
        "after_rollback": note_rollback,
    }
    announcements.listeners.append(note_announcement)
    for name, listener in listeners.items():
        event.listen(Session, name, listener)
    try:
        yield recording
    finally:
        for name, listener in listeners.items():
            event.remove(Session, name, listener)
        announcements.listeners.remove(note_announcement)
