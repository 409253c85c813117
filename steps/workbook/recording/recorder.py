"""Records from outside what an app's objects do. The steps know nothing of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Pool, event
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from steps.infrastructure import announcements
from steps.workbook.recording.events import LIMIT, Recording

WRITE = re.compile(
    r"\s*(WITH\b.*\b)?(INSERT|UPDATE|DELETE|REPLACE|MERGE|CREATE|DROP|ALTER)\b", re.I | re.S
)
"""A statement that writes, or tries to."""


@contextmanager
def record(limit: int = LIMIT) -> Iterator[Recording]:
    """Record what the objects of this process do until the `with` block ends.

    Put `recording.wrap` around the app, so that its requests are known, too.
    """
    recording = Recording(limit)
    with ExitStack() as stack:
        announcements.listeners.append(recording.add)
        stack.callback(announcements.listeners.remove, recording.add)
        stack.enter_context(_sessions(recording))  # first: it rolls back, then gives back
        stack.enter_context(_connections(recording))
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
        number, request = next(self._numbers), self._recording.request.get()
        self._known[id(subject)] = number, request
        self._recording.note(self._kind, number, action, request, "", within)

    def happen(self, subject: object, action: str) -> None:
        self.happen_by_id(id(subject), action)

    def happen_by_id(self, subject: int, action: str) -> None:
        if known := self._known.get(subject):
            self._recording.note(self._kind, known[0], action, known[1])

    def end(self, subject: object, action: str) -> None:
        if known := self._known.pop(id(subject), None):  # closing twice is closing once
            self._recording.note(self._kind, known[0], action, known[1])

    def lend(self, subject: object) -> None:
        """From now on an object which may have belonged to others is the current request's."""
        known = self._known.get(id(subject))
        number = known[0] if known else next(self._numbers)
        self._known[id(subject)] = number, self._recording.request.get()

    def move(self, subject: object, other: object) -> None:
        """Know an object by another one."""
        if known := self._known.pop(id(subject), None):
            self._known[id(other)] = known

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
    owned, taken = _Owned(recording, "connection"), set[int]()

    def take(_: object, entry: ConnectionPoolEntry, __: object) -> None:
        taken.add(id(entry))
        owned.lend(entry)
        owned.happen(entry, "taken")

    def give_back(_: object, holder: object) -> None:
        if id(holder) in taken:  # or it was lost in use, and is closed
            taken.discard(id(holder))
            owned.happen(holder, "given back")

    def close(_: object, holder: object) -> None:
        give_back(_, holder)
        if recording.request.get() is None:  # the app's end, and not that of its last user
            owned.lend(holder)
        owned.end(holder, "closed")

    def detach(connection: object, entry: ConnectionPoolEntry) -> None:
        """From now on nobody knows the connection by its entry, which may get another one."""
        owned.move(entry, connection)
        taken.discard(id(entry))
        taken.add(id(connection))

    listeners: dict[str, Callable[..., None]] = {
        "connect": lambda _, entry: owned.begin(entry, "opened"),
        "checkout": take,
        "checkin": give_back,
        "close": close,
        "detach": detach,
        "close_detached": lambda connection: close(None, connection),
    }
    with _listeners(Pool, listeners):
        yield


@contextmanager
def _sessions(recording: Recording) -> Iterator[None]:
    """Sessions and their transactions. Savepoints are no transactions of their own."""
    sessions, transactions = _Owned(recording, "session"), _Owned(recording, "transaction")
    # Of transactions that the database knows, until a commit or a rollback: by connection,
    # and the other way round. Ids, because a session that nobody else knows must be forgotten.
    undecided: dict[int, int] = {}
    connection_of: dict[int, int] = {}
    written: set[int] = set()

    def begin(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            if sessions.number_of(session) is None:  # it was closed, and is used all the same
                sessions.begin(session, "opened")
            transactions.begin(transaction, "begins", f"session {sessions.number_of(session)}")

    def reach_database(session: Session, _: SessionTransaction, connection: Connection) -> None:
        if transaction := session.get_transaction():
            connection_of[id(transaction)] = id(connection.connection.dbapi_connection)
            undecided[connection_of[id(transaction)]] = id(transaction)

    def note_write(connection: Connection, _: object, statement: str, *__: object) -> None:
        if WRITE.match(statement):
            written.add(undecided.get(id(connection.connection.dbapi_connection), 0))

    def give_back(connection: object, _: ConnectionPoolEntry) -> None:
        """SQLAlchemy rolls back what is not committed by now, and says nothing of it."""
        if transaction := undecided.get(id(connection)):
            leave_undecided(transaction)

    def leave_undecided(transaction: int) -> None:
        decide(transaction, "rolls back" if transaction in written else "reads only")

    def decide(transaction: int, action: str) -> None:
        undecided.pop(connection_of.pop(transaction, 0), None)
        written.discard(transaction)
        transactions.happen_by_id(transaction, action)

    def end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            if id(transaction) in connection_of:  # its connection is not the pool's any more
                leave_undecided(id(transaction))
            transactions.end(transaction, "ends")

    def decide_root(session: Session, action: str) -> None:
        transaction = session.get_transaction()
        if transaction and not session.in_nested_transaction():
            decide(id(transaction), action)

    def roll_back(session: Session) -> None:
        transaction = session.get_transaction()
        decide_root(session, "rolls back" if id(transaction) in written else "reads only")

    listeners: dict[str, Callable[..., None]] = {
        "after_transaction_create": begin,
        "after_begin": reach_database,
        "after_transaction_end": end,
        "after_commit": lambda session: decide_root(session, "commits"),
        "after_rollback": roll_back,
    }
    with (
        _told_of_sessions(sessions),
        _listeners(Session, listeners),
        _listeners(Pool, {"checkin": give_back}),
        _listeners(Engine, {"before_cursor_execute": note_write}),
    ):
        yield


_init, _close, _invalidate = Session.__init__, Session.close, Session.invalidate
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
        _tell_closed(self)


@wraps(_invalidate)
def _invalidate_session(self: Session) -> None:
    try:
        _invalidate(self)
    finally:
        _tell_closed(self)


def _tell_closed(session: Session) -> None:
    for sessions in tuple(_told):
        sessions.end(session, "closed")


def _set_methods(init: Any, close: Any, invalidate: Any) -> None:
    Session.__init__ = init  # type: ignore[method-assign]
    Session.close = close  # type: ignore[method-assign]
    Session.invalidate = invalidate  # type: ignore[method-assign]


@contextmanager
def _told_of_sessions(sessions: _Owned) -> Iterator[None]:
    """SQLAlchemy has no event for a session that opens or closes, so its methods are wrapped.

    Recordings may end in any order: the last one takes the wrappers off.
    """
    with _telling:
        _told.append(sessions)
        _set_methods(_open_session, _close_session, _invalidate_session)
    try:
        yield
    finally:
        with _telling:
            _told.remove(sessions)
            if not _told:
                _set_methods(_init, _close, _invalidate)
