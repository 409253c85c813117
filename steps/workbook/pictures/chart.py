"""A recording as a picture: one row for each object, from left to right in order of events."""

from dataclasses import dataclass
from html import escape
from itertools import groupby
from textwrap import wrap

from steps.workbook.pictures.rows import Newest, Row, Span, rows_of
from steps.workbook.pictures.svg import (
    COLOURS,
    LETTER,
    MARGIN,
    SMALL_LETTER,
    WIDTH,
    Picture,
    element,
    picture,
    rounded,
    style_of,
    text,
)
from steps.workbook.recording.events import Event, Recording

IN_USE_KINDS = ("transaction", "connection")
"""The kinds of span that are drawn solid. A response is a line from its mark on."""

LEFT, RIGHT, TOP, ROW_HEIGHT, LANE = 130, 20, 44, 26, 14
OPEN_END = 84
"""Room for the words beside a bar that has no end."""
NARROWEST_STEP = 7
SHORTEST_LINE = 14
"""How long a response's line is at least, in pixels: it begins below the triangle."""
NARROW = 320
"""How wide a picture is at least that has words at its open ends and room between its signs."""
LONGEST_LABEL = 44
FIRST_ERROR = 400
"""The least status of an answer that is an error."""

THREADS = {
    "event loop": "on the event loop",
    "worker thread": "in worker threads",
    "main thread": "in the main thread",
}
"""The kinds of thread that have a lane, from top to bottom, and what to call them in a sentence."""

MARKS_IN_WORDS = {
    "response sent": "response starts, and lasts as long as its line",
    "commit": "commit",
    "rollback": "rollback: undone",
    "only read": "only read, no commit",
    "client gone": "client gone",
}
"""The marks in the order of the legend, and what they say there."""

IN_USE = "Solid: in use (a session in a transaction, a connection that somebody has)."
ORDER = "Bar: lifetime. Left to right: order, not time."


@dataclass(frozen=True)
class Frame:
    """How a picture is drawn.

    `width` is in pixels, and the picture may need more. `threads`: with a stroke for each event,
    in a lane for the kind of thread that it was in. `legend`: with the signs explained below.
    `names`: with the name of each object left of its bar.
    """

    width: int = WIDTH
    threads: bool = False
    legend: bool = True
    names: bool = True


@dataclass(frozen=True)
class Scale:
    """Where positions are, in pixels: bars begin at `left`, and `step` is between two events."""

    left: float
    step: float
    width: int

    def x(self, position: int) -> float:
        return self.left + self.step * position

    def middle(self, position: int) -> float:
        return self.x(position) + self.step / 2

    def ends(self, span: Span) -> tuple[float, float]:
        left = self.left if span.first is None else round(self.x(span.first), 1)
        if span.last is None:
            return left, self.width - 4
        return left, round(self.x(span.last) + self.step * 0.8, 1)


def chart(recording: Recording, title: str, *, threads: bool = False) -> Picture:
    """Return the picture of a recording, with a text that says the same for those who hear it.

    A bar is a lifetime. Its solid part is where the object is in use: a session has a transaction,
    somebody has the connection. A bar with an open right end belongs to an object that nothing
    closed. With `threads` a stroke for each event tells in which kind of thread it was.
    """
    is_over, part = recording.is_over, Newest(recording.events)
    svg = draw(part, title, Frame(threads=threads), is_over=is_over, dropped=recording.dropped)
    words = describe(part, title, is_over=is_over, dropped=recording.dropped)
    return Picture(svg, words)


def draw(
    part: Newest, title: str, frame: Frame | None = None, *, is_over: bool, dropped: int = 0
) -> str:
    """Return the picture as SVG, the same for the same events.

    `is_over`: what is open now will never be closed. `dropped` events are not kept any more.
    """
    frame, events, rows = frame or Frame(), part.events, rows_of(part.events)
    has_words = frame.width >= NARROW and any(row.life.last is None for row in rows)
    right = OPEN_END if has_words else RIGHT
    narrowest = NARROWEST_STEP if frame.width >= NARROW else NARROWEST_STEP / 2
    left = LEFT if frame.names else MARGIN // 2
    step = max((frame.width - left - right) / max(len(events), 1), narrowest)
    width = round(left + right + step * max(len(events), 1))
    scale = Scale(left, step, width)
    top = TOP if title else MARGIN // 2
    bottom = top + ROW_HEIGHT * len(rows)
    parts = [_guides(rows, top, scale)]
    parts += [
        _row(row, top + ROW_HEIGHT * number, scale, frame, is_over=is_over)
        for number, row in enumerate(rows)
    ]
    if frame.threads:
        lanes = [name for name in THREADS if any(event.thread == name for event in events)]
        parts += [
            _lane(events, lane, bottom + 10 + LANE * number, scale)
            for number, lane in enumerate(lanes)
        ]
        bottom += 10 + LANE * len(lanes)
    if frame.legend:
        notes = [*notes_of(rows, threads=frame.threads), *what_is_missing(part, dropped)]
        legend, bottom = _legend(rows, notes, bottom + 24, frame.width)
        parts.append(legend)
    return picture(title, width, bottom + 8, *parts, style=STYLE, class_="lifetimes")


def describe(part: Newest, title: str, *, is_over: bool, dropped: int = 0) -> str:
    """Return the recording in words: what happened, request by request, what is open, and where."""
    sentences, events = [f"{title}."], part.events
    for number, group in groupby(events, key=lambda event: event.request):
        who = "The app itself" if number is None else f"Request {number}"
        subjects = groupby(group, key=lambda event: event.subject)
        clauses = [
            f"{subject} {', '.join(str(event).removeprefix(f'{subject} ') for event in same)}"
            for subject, same in subjects
        ]
        sentences.append(f"{who}: {'; '.join(clauses)}.")
    if left_open := [row.name for row in rows_of(events) if row.life.last is None]:
        sentences.append(
            f"{'Never closed' if is_over else 'Not closed yet'}: {', '.join(left_open)}."
        )
    sentences += what_is_missing(part, dropped)
    if events:
        sentences.append(_threads_in_words(events))
    return " ".join(sentences)


def marks_of(rows: list[Row]) -> list[str]:
    """Return the marks that these rows have, in the order of the legend."""
    drawn = {mark for row in rows for _, mark in row.marks}
    return [mark for mark in MARKS_IN_WORDS if mark in drawn]


def notes_of(rows: list[Row], *, threads: bool) -> list[str]:
    """Return what has to be said of these rows beside their marks."""
    whose = [row.life.request for row in rows]
    notes = [ORDER] * bool(rows)
    if any(span.kind in IN_USE_KINDS for row in rows for span in row.spans):
        notes.append(IN_USE)
    if number := next(filter(None, whose), None):
        notes.append(f"r{number}: by request {number}.")
    if None in whose:
        notes.append("Grey: by the app.")
    if threads:
        notes.append("Stroke: an event, and the kind of thread that it was in.")
    return notes


def what_is_missing(part: Newest, dropped: int) -> list[str]:
    """Return what has to be said of what is not kept, left out, or folded."""
    events = f"{_plural(dropped, 'earlier event')} not kept."
    requests = f"{_plural(part.left_out, 'earlier request')} not shown."
    each = " each" * (len(part.folded) > 1)
    folded = f"{_plural(len(part.folded), 'earlier request')} folded into one row{each}."
    return (
        [events] * (dropped > 0) + [requests] * (part.left_out > 0) + [folded] * bool(part.folded)
    )


def _guides(rows: list[Row], top: int, scale: Scale) -> str:
    """Draw a dotted line from each response down through what its request opened.

    So one sees what came before it and what after it.
    """
    parts = []
    for number, row in enumerate(rows):
        own = [n for n, each in enumerate(rows) if each.life.request == row.life.request]
        below, middle = ROW_HEIGHT * (max(own) - number), top + ROW_HEIGHT * (number + 0.5)
        parts += [
            element(
                "path", class_="guide", d=f"M{rounded(x)} {middle}v{below}", **_of(row.life.request)
            )
            for x in (
                scale.middle(position) for position, mark in row.marks if mark == "response sent"
            )
            if below
        ]
    return "".join(parts)


def _row(row: Row, top: int, scale: Scale, frame: Frame, *, is_over: bool) -> str:
    left, right = scale.ends(row.life)
    middle = top + ROW_HEIGHT / 2
    bar = {"y": top + 4, "width": right - left, "height": ROW_HEIGHT - 8, "rx": 3}
    parts = [
        element(
            "g",
            element("title", escape(_in_words(row))),
            text(row.name, x=MARGIN, y=middle + 4) if frame.names else "",
            element("rect", class_=f"life {_colour(row.life.request)}", x=left, **bar),
            **_of(row.life.request),
        )
    ]
    line_end = right
    for span in row.spans:
        first, last = scale.ends(span)
        last = min(last, right)
        if span.kind not in IN_USE_KINDS:
            start = scale.middle(span.first or 0)
            line_end = max(last, start + SHORTEST_LINE)
            line = f"M{rounded(start)} {middle}H{rounded(line_end)}"
            parts.append(element("path", class_="line", d=line, **_of(span.request)))
            continue
        bar = {"y": top + 7, "width": last - first, "height": ROW_HEIGHT - 14, "rx": 2}
        solid = f"span {_colour(span.request)}"
        parts.append(element("rect", class_=solid, x=first, **bar, **_of(span.request)))
        who = f"r{span.request}" if span.request else "app"
        if span.kind == "connection" and SMALL_LETTER * len(who) < last - first:
            label = _small(who, (first + last) / 2, middle, "middle")
            parts.append(element("g", label, **_of(span.request)))
    if row.life.last is None:
        what = "never closed" if is_over else "still open"
        torn = f"M{right + 1} {top + 2}h-7l4 5l-4 6l4 6l-4 5h7z"
        words = _small(what, right - 10, middle, "end") if frame.width >= NARROW else ""
        parts += [element("path", class_="paper", d=torn), words]
    signs = [_mark(mark, scale.middle(position), middle) for position, mark in row.marks]
    if row.life.request is not None:
        signs.insert(0, _label(row, left, max(right, line_end), middle, scale))
    if signs:
        parts.append(element("g", *signs, **_of(row.life.request)))
    return "".join(parts)


def _label(row: Row, left: float, right: float, middle: float, scale: Scale) -> str:
    """Write whose object it is beside its bar, or into it where nothing else is or it is long.

    Where there is no room for more, its number alone, and how it failed. Its colour says it where
    there is none for that either.
    """
    number, class_, status = f"r{row.life.request}", "small", ""
    if has_failed(row):
        class_, status = "small bad", row.detail.rpartition(" ")[2]
    for label in (f"{number} {_short(row.detail)}".strip(), f"{number} {status}".strip(), number):
        needed = LETTER * len(label) + 4
        free = scale.x(row.spans[0].first or 0) - left if row.spans else right - left
        if row.life.first is not None and left - needed > scale.left:
            return _small(label, left - 4, middle, "end", class_)
        if needed < free:
            return _small(label, left + 4, middle, "start", class_)
        if right + needed < scale.width and row.life.last is not None:
            return _small(label, right + 4, middle, "start", class_)
        if 2 * needed < right - left and not any(span.kind in IN_USE_KINDS for span in row.spans):
            return _small(label, left + 4, middle, "start", class_)
    return ""


def has_failed(row: Row) -> bool:
    """Tell whether it is a request that was answered by an error."""
    status = row.detail.rpartition(" ")[2]
    return row.name.startswith("request ") and status.isdecimal() and int(status) >= FIRST_ERROR


def _small(words: str, x: float, middle: float, anchor: str, class_: str = "small") -> str:
    return text(words, class_=class_, x=x, y=middle + 4, text_anchor=anchor)


def _lane(events: list[Event], thread: str, top: int, scale: Scale) -> str:
    """Draw a stroke for each event that happened in such a thread."""
    strokes = "".join(
        f"M{rounded(scale.middle(position))} {top + 2}v{LANE - 4}"
        for position, event in enumerate(events)
        if event.thread == thread
    )
    name = text(thread, class_="small", x=MARGIN, y=top + 10)
    return name + element("path", class_="stroke", d=strokes)


def _mark(mark: str, x: float, y: float) -> str:
    left = rounded(x - 5)
    match mark:
        case "commit":
            return element("circle", class_="mark", cx=x, cy=y, r=5)
        case "only read":
            return element("circle", class_="ring", cx=x, cy=y, r=4.5)
        case "rollback":
            return element("path", class_="cross", d=f"M{left} {y - 5}l10 10m0 -10l-10 10")
        case "response sent":
            return element("path", class_="mark", d=f"M{left} {y - 6}l11 6l-11 6z")
        case _:
            return element("path", class_="cross", d=f"M{rounded(x)} {y - 7}v14")


def _legend(rows: list[Row], notes: list[str], y: int, width: int) -> tuple[str, int]:
    """Return the marks that are drawn and the notes below them, and where they end."""
    x, parts = MARGIN + 6, []
    for mark in marks_of(rows):
        words = MARKS_IN_WORDS[mark]
        room = 36 + LETTER * len(words)
        if x > MARGIN + 6 and x + room > width:
            x, y = MARGIN + 6, y + 20
        parts += [_mark(mark, x, y - 4), text(words, x=x + 11, y=y)]
        x += room
    lines = wrap(" ".join(notes), max(int((width - 2 * MARGIN) / SMALL_LETTER), 20))
    y += 20 if parts else 0
    parts += [
        text(line, class_="small", x=MARGIN, y=y + 16 * number) for number, line in enumerate(lines)
    ]
    return "".join(parts), y + 16 * len(lines) - 16


def _plural(number: int, what: str) -> str:
    return f"{number} {what} is" if number == 1 else f"{number} {what}s are"


def _short(detail: str) -> str:
    """Cut a path that is too long, but keep the status behind it."""
    if len(detail) <= LONGEST_LABEL:
        return detail
    path, _, status = detail.rpartition(" ")
    if not status.isdecimal():
        path, status = detail, ""
    return f"{path[: LONGEST_LABEL - len(status) - 2]}… {status}".strip()


def _threads_in_words(events: list[Event]) -> str:
    """Say what the lanes show: "On the event loop: 20 events; in worker threads: 7."."""
    numbers = [(THREADS[name], sum(event.thread == name for event in events)) for name in THREADS]
    (where, first), *others = [(where, number) for where, number in numbers if number]
    clauses = [f"{where}: {first} event{'s' * (first != 1)}"]
    clauses += [f"{where}: {number}" for where, number in others]
    sentence = "; ".join(clauses)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _in_words(row: Row) -> str:
    whose = "the app" if row.life.request is None else f"request {row.life.request}"
    return f"{row.name}, of {whose}. {row.detail}".strip()


def _of(request: int | None) -> dict[str, object]:
    """Name the request whose part it is, for a page that picks out one request."""
    return {} if request is None else {"data_request": request}


def _colour(request: int | None) -> str:
    return "app" if request is None else f"c{(request - 1) % len(COLOURS)}"


STYLE = style_of(
    "lifetimes",
    ".life{fill-opacity:.12}",
    ".span{fill-opacity:var(--solid)}",
    ".mark{stroke:var(--paper)}",
    ".cross{stroke:var(--ink);stroke-width:2.5;fill:none}",
    ".ring{fill:var(--paper);stroke:var(--ink);stroke-width:2}",
    ".guide{stroke:var(--ink);stroke-width:1;stroke-dasharray:1 4;fill:none}",
    ".bad{fill:var(--bad);font-weight:bold}",
    ".line{stroke:var(--ink);stroke-width:1.5;fill:none}",
    ".stroke{stroke:var(--ink);stroke-width:1.5;fill:none}",
)
