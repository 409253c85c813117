"""A recording arranged for the eye: one row for each object, with its life and what it did."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from steps.workbook.recording.events import CLOSED_BY, Event

MOST_LEFT_OPEN = 12
"""How many objects of earlier requests have a row although nothing happens to them any more."""


@dataclass
class Span:
    """From one event to another, as positions in the list of events.

    `first` is None for what began before the list does, `last` for what has not ended in it.
    """

    kind: str
    request: int | None
    first: int | None
    last: int | None = None


@dataclass
class Row:
    """One object: its life, and within it the spans and marks of what it was doing.

    Within a request the response is sent, within a session a transaction runs, and a connection is
    in use by one request after the other.
    """

    name: str
    life: Span
    spans: list[Span] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    detail: str = ""


@dataclass(frozen=True)
class Newest:
    """A part of a recording, and how many requests are left out of it.

    Of the requests that are `folded` only their own row is left.
    """

    events: list[Event]
    left_out: int = 0
    folded: frozenset[int] = frozenset()


def newest(events: list[Event], requests: int, after: int = 0, most_rows: float = inf) -> Newest:
    """Return what the newest requests and the app did after a moment.

    What was opened before and is used by them keeps its opening, and so do the oldest that are
    still open, MOST_LEFT_OPEN at most. Where there are more than `most_rows`, the oldest requests
    are folded, and then left out; never the newest one.
    """
    for number in range(requests, 1, -1):
        chosen, left_out = _of_newest(events, number, after)
        folded = frozenset[int]()
        for request in _requests_of(chosen)[:-1]:
            if len(rows_of(chosen)) <= most_rows:
                break
            chosen, folded = _fold(chosen, request), folded | {request}
        if len(rows_of(chosen)) <= most_rows:
            return Newest(chosen, left_out, folded)
    return Newest(*_of_newest(events, 1, after))


def _fold(events: list[Event], request: int) -> list[Event]:
    """Leave out what a request opened, but for what is open still or used by others, too."""
    used = {event.subject for event in events if event.request not in (None, request)}
    closed = {event.subject for event in events if event.action in ("closed", "ends")}
    return [
        event
        for event in events
        if event.request != request
        or event.kind in ("request", "response", "client")
        or event.subject in used
        or (event.within or event.subject) not in closed
    ]


def _requests_of(events: list[Event]) -> list[int]:
    return sorted({event.request for event in events if event.request is not None})


def _of_newest(events: list[Event], requests: int, after: int) -> tuple[list[Event], int]:
    recent = [event for event in events if event.moment > after]
    numbers = _requests_of(recent)
    shown = {None, *numbers[-requests:]}
    chosen = {event for event in recent if event.request in shown}
    openings = {(e.kind, e.number): e for e in events if e.action in ("opened", "begins")}
    chosen |= {openings[e.kind, e.number] for e in chosen if (e.kind, e.number) in openings}
    for event in events:
        if event.action in ("closed", "ends"):
            openings.pop((event.kind, event.number), None)
    still_open = [event for event in openings.values() if event not in chosen]
    return sorted(chosen.union(still_open[:MOST_LEFT_OPEN])), max(len(numbers) - requests, 0)


def rows_of(events: Iterable[Event]) -> list[Row]:
    """Return the app's own objects, then those of one request after the other."""
    rows: dict[str, Row] = {}
    began: dict[tuple[str, int, str], Span] = {}
    homes: dict[str, str] = {}  # which row a transaction or a response belongs to
    for position, event in enumerate(events):
        if event.within:
            homes[event.subject] = event.within
        name = homes.get(event.subject, event.subject)
        if name not in rows:
            kind, request = name.rsplit(" ", 1)[0], event.request
            born = not event.within and event.action in ("opened", "begins")
            rows[name] = Row(name, Span(kind, request, position if born else None))
        row = rows[name]
        if name == event.subject and event.action == "begins":
            row.detail = event.detail
        elif name == event.subject and event.action in ("ends", "closed"):
            row.life.last = position
        elif event.action in ("starts", "begins", "taken"):
            span = Span(event.kind, event.request, position)
            row.spans.append(span)
            row.detail = f"{row.detail} {event.detail}".strip()  # the response's status
            began[event.kind, event.number, CLOSED_BY[event.action]] = span
        elif (event.kind, event.number, event.action) in began:
            began.pop((event.kind, event.number, event.action)).last = position
        if event.action in MARKS:
            row.marks.append((position, MARKS[event.action]))
    for row in rows.values():
        for span in row.spans:  # a response that is cut off ends with its request
            if span.last is None:
                span.last = row.life.last
    order = {name: number for number, name in enumerate(rows)}
    return sorted(rows.values(), key=lambda row: (row.life.request or 0, order[row.name]))


MARKS = {
    "starts": "response sent",
    "commits": "commit",
    "rolls back": "rollback",
    "reads only": "only read",
    "disconnects": "client gone",
}
