"""A recording as a picture: one row for each object, from left to right in order of events."""

from html import escape
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING

from steps.workbook.pictures.rows import Row, Span, newest, rows_of
from steps.workbook.pictures.svg import (
    COLOURS,
    MARGIN,
    WIDTH,
    element,
    embed,
    picture,
    rounded,
    text,
)
from steps.workbook.recording.events import Event, Recording

if TYPE_CHECKING:
    from IPython.display import HTML

DARK_COLOURS = ("#56B4E9", "#F28E4B", "#2BC596", "#E79FC6", "#E69F00", "#9AD1F5")
"""The same hues in the same order, lighter, on a dark ground."""

LEFT, RIGHT, TOP, ROW_HEIGHT, LANE = 130, 20, 44, 26, 14
OPEN_END = 84
"""Room for the words beside a bar that has no end."""
NARROWEST_STEP = 7
LETTER = 7
"""How wide a letter is at most, on average."""
LONGEST_LABEL = 44

THREADS = {
    "event loop": "on the event loop",
    "worker thread": "in worker threads",
    "main thread": "in the main thread",
}
"""The kinds of thread that have a lane, from top to bottom, and what to call them in a sentence."""

LEGEND = (("response sent", 118), ("commit", 78), ("rollback", 82), ("client gone", 104))


def chart(recording: Recording, title: str) -> "HTML":
    """Return the picture of a recording, with a text that says the same for those who hear it.

    A bar is a lifetime. Its solid part is what the object does: a request sends its response, a
    session has a transaction, a connection is in use. A bar with an open right end belongs to an
    object that nothing closed.
    """
    return embed(*_draw_and_describe(recording, recording.events, title, left_out=0))


def draw(
    events: list[Event], title: str, *, is_over: bool, dropped: int = 0, left_out: int = 0
) -> str:
    """Return the picture as SVG, the same for the same events.

    `is_over`: what is open now will never be closed. `dropped` events are not kept any more, and
    `left_out` requests not shown.
    """
    rows = rows_of(events)
    right = OPEN_END if any(row.life.last is None for row in rows) else RIGHT
    step = max((WIDTH - LEFT - right) / max(len(events), 1), NARROWEST_STEP)
    width = round(LEFT + right + step * max(len(events), 1))
    lanes = [name for name in THREADS if _on(events, name)]
    bottom = TOP + ROW_HEIGHT * len(rows)
    height = bottom + LANE * len(lanes) + 82
    parts = [
        _row(row, TOP + ROW_HEIGHT * number, step, width, is_over=is_over)
        for number, row in enumerate(rows)
    ]
    parts += [
        _lane(events, lane, bottom + 10 + LANE * number, step) for number, lane in enumerate(lanes)
    ]
    parts += [_legend(height - 48), _footnotes(height - 28, dropped, left_out)]
    return picture(title, width, height, *parts, style=STYLE, class_="lifetimes")


def describe(
    events: list[Event], title: str, *, is_over: bool, dropped: int = 0, left_out: int = 0
) -> str:
    """Return the recording in words: what happened, request by request, what is open, and where."""
    sentences = [f"{title}."]
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
    sentences += _what_is_missing(dropped, left_out)
    if events:
        sentences.append(_threads_in_words(events))
    return " ".join(sentences)


def draw_newest(
    recording: Recording, title: str, requests: int, after: int = 0, until: float = inf
) -> tuple[str, str]:
    """Return the picture of the newest requests after a moment and until another, and its words."""
    so_far = [event for event in recording.events if event.moment <= until]
    events, left_out = newest(so_far, requests, after)
    return _draw_and_describe(recording, events, title, left_out)


def _draw_and_describe(
    recording: Recording, events: list[Event], title: str, left_out: int
) -> tuple[str, str]:
    is_over, dropped = recording.is_over, recording.dropped
    svg = draw(events, title, is_over=is_over, dropped=dropped, left_out=left_out)
    words = describe(events, title, is_over=is_over, dropped=dropped, left_out=left_out)
    return svg, words


def _on(events: list[Event], thread: str) -> bool:
    return any(event.thread == thread for event in events)


def _row(row: Row, top: int, step: float, width: int, *, is_over: bool) -> str:
    left, right = _ends(row.life, step, width)
    middle = top + ROW_HEIGHT / 2
    bar = {"y": top + 4, "width": right - left, "height": ROW_HEIGHT - 8, "rx": 3}
    parts = [
        element(
            "g",
            element("title", escape(_in_words(row))),
            text(row.name, x=MARGIN, y=middle + 4),
            element("rect", class_=f"life {_colour(row.life.request)}", x=left, **bar),
        )
    ]
    for span in row.spans:
        first, last = _ends(span, step, width)
        last = min(last, right)
        bar = {"y": top + 7, "width": last - first, "height": ROW_HEIGHT - 14, "rx": 2}
        parts.append(element("rect", class_=f"span {_colour(span.request)}", x=first, **bar))
        if span.kind == "connection" and span.request is not None:
            parts.append(_small(f"r{span.request}", (first + last) / 2, middle, "middle"))
    if row.life.last is None:
        what = "never closed" if is_over else "still open"
        torn = f"M{right + 1} {top + 2}h-7l4 5l-4 6l4 6l-4 5h7z"
        parts += [element("path", class_="paper", d=torn), _small(what, right - 10, middle, "end")]
    if row.life.request is not None:
        parts.append(_label(row, left, right, middle, step, width))
    parts += [_mark(mark, _x(position, step) + step / 2, middle) for position, mark in row.marks]
    return "".join(parts)


def _label(row: Row, left: float, right: float, middle: float, step: float, width: int) -> str:
    """Write whose object it is beside its bar, or into it where nothing else is."""
    label = f"r{row.life.request} {_short(row.detail)}".strip()
    needed = LETTER * len(label) + 4
    free = _x(row.spans[0].first or 0, step) - left if row.spans else right - left
    if row.life.first is not None and left - needed > LEFT:
        return _small(label, left - 4, middle, "end")
    if needed < free:
        return _small(label, left + 4, middle, "start")
    if right + needed < width and row.life.last is not None:
        return _small(label, right + 4, middle, "start")
    return _small(label, left + 4, middle, "start")


def _small(words: str, x: float, middle: float, anchor: str) -> str:
    return text(words, class_="small", x=x, y=middle + 4, text_anchor=anchor)


def _lane(events: list[Event], thread: str, top: int, step: float) -> str:
    """Draw a stroke for each event that happened in such a thread."""
    strokes = "".join(
        f"M{rounded(_x(position, step) + step / 2)} {top + 2}v{LANE - 4}"
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
        case "rollback":
            return element("path", class_="cross", d=f"M{left} {y - 5}l10 10m0 -10l-10 10")
        case "response sent":
            return element("path", class_="mark", d=f"M{left} {y - 6}l11 6l-11 6z")
        case _:
            return element("path", class_="cross", d=f"M{rounded(x)} {y - 7}v14")


def _legend(y: int) -> str:
    x, parts = 22, []
    for mark, room in LEGEND:
        parts += [_mark(mark, x, y - 4), text(mark, x=x + 11, y=y)]
        x += room
    return "".join([*parts, text("r1: of request 1; grey: of the app", x=x, y=y)])


def _footnotes(y: int, dropped: int, left_out: int) -> str:
    bar = "Bar: lifetime. Solid part: response, transaction, connection in use."
    stroke = "Stroke: an event, and the kind of thread that it was in."
    lines = (
        f"{bar} Left to right: order, not time.",
        " ".join([stroke, *_what_is_missing(dropped, left_out)]),
    )
    return "".join(
        text(line, class_="small", x=MARGIN, y=y + 16 * number) for number, line in enumerate(lines)
    )


def _what_is_missing(dropped: int, left_out: int) -> list[str]:
    events = f"{_plural(dropped, 'earlier event')} not kept."
    requests = f"{_plural(left_out, 'earlier request')} not shown."
    return [events] * (dropped > 0) + [requests] * (left_out > 0)


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


def _ends(span: Span, step: float, width: int) -> tuple[float, float]:
    left = LEFT if span.first is None else round(_x(span.first, step), 1)
    right = width - 4 if span.last is None else round(_x(span.last, step) + step * 0.8, 1)
    return left, right


def _x(position: int, step: float) -> float:
    return LEFT + step * position


def _colour(request: int | None) -> str:
    return "app" if request is None else f"c{(request - 1) % len(COLOURS)}"


def _style() -> str:
    """Every rule begins with the picture's class, because a page may hold the picture itself."""
    light = "".join(f"--c{number}:{colour};" for number, colour in enumerate(COLOURS))
    dark = "".join(f"--c{number}:{colour};" for number, colour in enumerate(DARK_COLOURS))
    fills = "".join(
        f".lifetimes .{name}{{fill:var(--{name});stroke:var(--{name})}}"
        for name in ("app", *(f"c{number}" for number in range(len(COLOURS))))
    )
    return (
        f"<style>.lifetimes{{--ink:#111827;--paper:#ffffff;--app:#6b7280;{light}fill:var(--ink)}}"
        f"@media(prefers-color-scheme:dark){{.lifetimes{{--ink:#f3f4f6;--paper:#18202c;"
        f"--app:#9ca3af;{dark}}}}}{fills}"
        ".lifetimes .life{fill-opacity:.16}.lifetimes .span{fill-opacity:.5;stroke:none}"
        ".lifetimes .paper{fill:var(--paper)}.lifetimes .small{font-size:12px}"
        ".lifetimes .mark{stroke:var(--paper)}"
        ".lifetimes .cross{stroke:var(--ink);stroke-width:2.5;fill:none}"
        ".lifetimes .stroke{stroke:var(--ink);stroke-width:1.5;fill:none}</style>"
    )


STYLE = _style()
