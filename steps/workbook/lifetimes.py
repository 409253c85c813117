"""Records from outside what an app's objects do. The steps know nothing of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import Lock
from typing import Any

from sqlalchemy import Pool, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from steps.infrastructure import announcements
from steps.workbook.recording import LIMIT, Recording, current_request


@contextmanager
def record(limit: int = LIMIT) -> Iterator[Recording]:
    """Record what the objects of this process do until the `with` block ends.

    Put `recording.wrap` around the app, so that its requests are known, too.
    """
    recording = Recording(limit)
    with ExitStack() as stack:
        announcements.listeners.append(recording.add)
        stack.callback(announcements.listeners.remove, recording.add)
        stack.enter_context(_connections(recording))
        stack.enter_context(_sessions(recording))
        try:
            yield recording
        finally:
            recording.is_over = True


class _Owned:
    """Objects of one kind, each of which belongs to one request until it is closed.

    What happens to it is the owner's, whoever does it: the garbage collector may close a session
    in the middle of somebody else's request. An object is known by its id until it is closed,
    which takes less time than a weak reference.
    """

    def __init__(self, recording: Recording, kind: str) -> None:
        self._recording, self._kind, self._numbers = recording, kind, recording.numbers(kind)
        self._known: dict[int, tuple[int, int | None]] = {}

    def begin(self, subject: object, action: str, within: str = "") -> None:
        number, request = next(self._numbers), current_request.get()
        self._known[id(subject)] = number, request
        self._recording.note(self._kind, number, action, request, "", within)

    def happen(self, subject: object, action: str) -> None:
        if known := self._known.get(id(subject)):
            self._recording.note(self._kind, known[0], action, known[1])

    def end(self, subject: object, action: str) -> None:
        if known := self._known.pop(id(subject), None):  # closing twice is closing once
            self._recording.note(self._kind, known[0], action, known[1])

    def lend(self, subject: object) -> None:
        """From now on an object which may have belonged to others is the current request's."""
        known = self._known.get(id(subject))
        number = known[0] if known else next(self._numbers)
        self._known[id(subject)] = number, current_request.get()

    def number_of(self, subject: object) -> int | None:
        known = self._known.get(id(subject))
        return known and known[0]


@contextmanager
def _listeners(target: type, listeners: dict[str, Callable[..., None]]) -> Iterator[None]:
    for name, listener in listeners.items():
        event.listen(target, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(target, name, listener)


@contextmanager
def _connections(recording: Recording) -> Iterator[None]:
    """A pool opens a connection once and lends it to whoever asks; an entry of it holds one."""
    owned = _Owned(recording, "connection")

    def close(_: object, entry: ConnectionPoolEntry) -> None:
        owned.lend(entry)  # not its last user's: whoever disposes of the engine closes it
        owned.end(entry, "closed")

    def take(_: object, entry: ConnectionPoolEntry, __: object) -> None:
        owned.lend(entry)
        owned.happen(entry, "taken")

    listeners: dict[str, Callable[..., None]] = {
        "connect": lambda _, entry: owned.begin(entry, "opened"),
        "checkout": take,
        "checkin": lambda _, entry: owned.happen(entry, "given back"),
        "close": close,
    }
    with _listeners(Pool, listeners):
        yield


@contextmanager
def _sessions(recording: Recording) -> Iterator[None]:
    """Sessions and their transactions. Savepoints are no transactions of their own."""
    sessions, transactions = _Owned(recording, "session"), _Owned(recording, "transaction")

    def begin(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            if sessions.number_of(session) is None:  # it was closed, and is used all the same
                sessions.begin(session, "opened")
            transactions.begin(transaction, "begins", f"session {sessions.number_of(session)}")

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            transactions.end(transaction, "ends")

    def commit(session: Session) -> None:
        if not session.in_nested_transaction():
            transactions.happen(session.get_transaction(), "commits")

    def roll_back(session: Session) -> None:
        if not session.in_nested_transaction():
            transactions.happen(session.get_transaction(), "rolls back")

    listeners: dict[str, Callable[..., None]] = {
        "after_transaction_create": begin,
        "after_transaction_end": end,
        "after_commit": commit,
        "after_rollback": roll_back,
    }
    with _told_of_sessions(sessions), _listeners(Session, listeners):
        yield


_init, _close = Session.__init__, Session.close
_told: list[_Owned] = []
_telling = Lock()


@wraps(_init)
def _open_session(self: Session, *args: Any, **kwargs: Any) -> None:
    _init(self, *args, **kwargs)
    for sessions in tuple(_told):
        sessions.begin(self, "opened")


@wraps(_close)
def _close_session(self: Session) -> None:
    try:
        _close(self)
    finally:
        for sessions in tuple(_told):
            sessions.end(self, "closed")


@contextmanager
def _told_of_sessions(sessions: _Owned) -> Iterator[None]:
    """SQLAlchemy has no event for a session that opens or closes, so its methods are wrapped.

    Recordings may end in any order: the last one takes the wrappers off.
    """
    with _telling:
        _told.append(sessions)
        Session.__init__, Session.close = _open_session, _close_session  # type: ignore[method-assign]
    try:
        yield
    finally:
        with _telling:
            _told.remove(sessions)
            if not _told:
                Session.__init__, Session.close = _init, _close  # type: ignore[method-assign]
