"""A recording as a picture: one row for each object, from left to right in order of events."""

from base64 import b64encode
from html import escape
from itertools import groupby

from IPython.display import HTML

from steps.workbook.lifetimes import Event, Recording

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that colour-blind readers tell apart. Source: Okabe and Ito, Color Universal Design."""

GREY = "#6b7280"
INK = "#111827"
LABEL_WIDTH, WIDTH, ROW_HEIGHT, TOP = 150, 860, 30, 44
OPENING, CLOSING = ("opened", "begins"), ("closed", "ends")


def chart(recording: Recording, title: str) -> HTML:
    """Return the picture of a recording, with a text that says the same for those who hear it.

    Bars are lifetimes: a bar with an open right end belongs to an object that nothing closed.
    """
    rows = _rows(recording.events)
    step = (WIDTH - LABEL_WIDTH - 40) / max(len(recording.events), 1)
    height = TOP + ROW_HEIGHT * len(rows) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (subject, events) in enumerate(rows.items()):
        parts += _row(subject, events, TOP + ROW_HEIGHT * number, step)
    parts += [_legend(height - 16), "</svg>"]
    picture = b64encode("".join(parts).encode()).decode()
    text = escape(describe(recording, title), quote=True)
    return HTML(f'<img src="data:image/svg+xml;base64,{picture}" alt="{text}">')


def describe(recording: Recording, title: str) -> str:
    """Return the recording in words: what happened, request by request."""
    sentences = [
        f"{'The app itself' if number is None else f'During request {number}'}: "
        + ", ".join(map(str, events))
        for number, events in groupby(recording.events, key=lambda event: event.request)
    ]
    return f"{title}. {'. '.join(sentences)}."


def _rows(events: list[Event]) -> dict[str, list[tuple[int, Event]]]:
    rows: dict[str, list[tuple[int, Event]]] = {}
    for moment, event in enumerate(events):
        rows.setdefault(event.subject, []).append((moment, event))
    return rows


def _row(subject: str, events: list[tuple[int, Event]], top: int, step: float) -> list[str]:
    def x_of(moment: int) -> float:
        return round(LABEL_WIDTH + step * moment, 1)

    first, last = events[0], events[-1]
    born = first[1].action.startswith(OPENING)
    died = last[1].action.startswith(CLOSING)
    left = x_of(first[0]) if born else LABEL_WIDTH
    right = round(x_of(last[0]) + step * 0.8, 1) if died else WIDTH - 16
    owner = first[1].request
    colour = GREY if owner is None else COLOURS[(owner - 1) % len(COLOURS)]
    middle = top + ROW_HEIGHT / 2
    parts = [
        f'<text x="16" y="{middle + 4}" fill="{INK}">{escape(subject)}</text>',
        f'<rect x="{left}" y="{top + 5}" width="{round(right - left, 1)}" '
        f'height="{ROW_HEIGHT - 10}" rx="4" fill="{colour}" fill-opacity="0.25" '
        f'stroke="{colour}"/>',
    ]
    if not died:
        parts.append(
            f'<rect x="{right - 6}" y="{top + 3}" width="8" height="{ROW_HEIGHT - 6}" '
            f'fill="#ffffff"/><text x="{right - 92}" y="{middle + 4}" fill="{INK}">'
            "never closed</text>"
        )
    if owner is not None:
        parts.append(f'<text x="{left + 4}" y="{middle + 4}" fill="{INK}">r{owner}</text>')
    for moment, event in events:
        parts.append(_mark(event.action, x_of(moment) + step * 0.4, middle))
    return parts


def _mark(action: str, x: float, y: float) -> str:
    x = round(x, 1)
    if action == "commits":
        return f'<circle cx="{x}" cy="{y}" r="5" fill="{INK}"/>'
    if action == "rolls back":
        return f'<path d="M{x - 5} {y - 5}l10 10m0 -10l-10 10" stroke="{INK}" stroke-width="2.5"/>'
    if action == "is answered":
        return f'<path d="M{x - 5} {y - 6}l11 6l-11 6z" fill="{INK}"/>'
    return ""


def _legend(y: int) -> str:
    return (
        f'<g fill="{INK}">{_mark("is answered", 26, y - 4)}<text x="38" y="{y}">response sent'
        f"</text>{_mark('commits', 156, y - 4)}<text x='168' y='{y}'>commit</text>"
        f"{_mark('rolls back', 246, y - 4)}<text x='258' y='{y}'>rollback</text>"
        f"<text x='340' y='{y}'>r1, r2: opened for request 1, 2</text>"
        f"<text x='560' y='{y}' fill='{GREY}'>grey: opened by the app</text></g>"
    )
