"""The picture of a recording shows what it says, and its words say the same."""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise
from typing import Annotated, Literal
from xml.etree import ElementTree

import pytest
from fastapi import Depends
from sqlalchemy.orm import Session

from steps.workbook.calls import LOOK_UP, SIGN_UP, SIGN_UP_AGAIN
from steps.workbook.pictures.chart import (
    MARKS_IN_WORDS,
    STYLE,
    Frame,
    chart,
    describe,
    draw,
)
from steps.workbook.pictures.rows import Newest, newest, rows_of
from steps.workbook.pictures.svg import COLOURS, DARK_COLOURS, SMALL_LETTER
from steps.workbook.recording.events import Recording
from steps.workbook.recording.one_step import record_step
from steps.workbook.world.environment import new_database
from tests.workbook.recorded import REQUEST, recorded
from tests.workbook.recording.served_app import Served, use

TITLE = "A title"
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.fixture(scope="module")
def step_03() -> Recording:
    return record_step(3, SIGN_UP, SIGN_UP_AGAIN, LOOK_UP)


def picture(recording: Recording, *, is_over: bool = True) -> str:
    part, frame = Newest(recording.events), Frame(threads=True)
    return draw(part, TITLE, frame, is_over=is_over, dropped=recording.dropped)


def words_of(recording: Recording, *, is_over: bool = True) -> str:
    part = Newest(recording.events)
    return describe(part, TITLE, is_over=is_over, dropped=recording.dropped)


def texts(svg: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


# Where things are

LIVES = (
    "engine 1 opened",
    "1: request 1 begins",
    "1: session 1 opened",
    "1: transaction 1 begins",
    "1: transaction 1 commits",
    "1: transaction 1 ends",
    "1: session 1 closed",
    "1: session 2 opened",
    "1: transaction 2 begins",
    "1: transaction 2 rolls back",
    "1: transaction 2 ends",
    "1: session 2 closed",
    "1: session 3 opened",
    "1: transaction 3 begins",
    "1: transaction 3 reads only",
    "1: transaction 3 ends",
    "1: session 3 closed",
    "1: client 1 disconnects",
    "1: response 1 starts",
    "1: response 1 ends",
    "1: request 1 ends",
    "engine 1 closed",
)


def moments_in(svg: str) -> list[float]:
    """Return where the stroke of each event is; all of them must be in one kind of thread."""
    (strokes,) = re.findall(r'class="stroke" d="([^"]+)"', svg)
    return [float(x) for x in re.findall(r"M([\d.]+)", strokes)]


def marks_in(svg: str) -> dict[str, float]:
    """Return where the middle of each mark in a row is, the newest of each kind."""
    shapes = {
        "commit": (r'<circle class="mark" cx="([\d.]+)"', 0),
        "rollback": (r'<path class="cross" d="M([\d.]+) [\d.]+l10', 5),
        "response sent": (r'<path class="mark" d="M([\d.]+) [\d.]+l11', 5),
        "client gone": (r'<path class="cross" d="M([\d.]+) [\d.]+v14', 0),
        "only read": (r'<circle class="ring" cx="([\d.]+)"', 0),
    }
    rows = svg[: svg.index(">event loop</text>" if "event loop<" in svg else ">main thread</text>")]
    found = {mark: re.findall(shape, rows) for mark, (shape, _) in shapes.items()}
    return {mark: float(all_of[-1]) + shapes[mark][1] for mark, all_of in found.items() if all_of}


def bars_in(svg: str, kind: Literal["life", "span"]) -> list[tuple[float, float]]:
    """Return from where to where each bar goes, row by row."""
    found = re.findall(rf'class="{kind} \w+" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    return [(float(x), float(x) + float(width)) for x, width in found]


def test_every_event_is_right_of_the_one_before() -> None:
    moments = moments_in(picture(recorded(*LIVES)))

    assert len(moments) == len(LIVES)
    assert all(before < after for before, after in pairwise(moments))


def test_a_mark_is_where_its_event_is() -> None:
    svg = picture(recorded(*LIVES))
    moments = moments_in(svg)

    assert marks_in(svg) == {
        "commit": pytest.approx(moments[4], abs=0.2),
        "rollback": pytest.approx(moments[9], abs=0.2),
        "only read": pytest.approx(moments[14], abs=0.2),
        "client gone": pytest.approx(moments[17], abs=0.2),
        "response sent": pytest.approx(moments[18], abs=0.2),
    }


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        ("life", [(0, 21), (1, 20), (2, 6), (7, 11), (12, 16)]),
        ("span", [(3, 5), (8, 10), (13, 15)]),
    ],
)
def test_a_bar_begins_and_ends_with_its_events(
    kind: Literal["life", "span"], events: list[tuple[int, int]]
) -> None:
    svg = picture(recorded(*LIVES))
    moments = [0, *moments_in(svg), 1e9]

    bars = bars_in(svg, kind)
    assert len(bars) == len(events)
    for (left, right), (first, last) in zip(bars, events, strict=True):
        assert moments[first] < left <= moments[first + 1]
        assert moments[last + 1] <= right < moments[last + 2]


def test_a_response_is_a_line_from_its_mark_to_its_end() -> None:
    svg = picture(recorded(*LIVES))
    moments = moments_in(svg)
    ((left, right),) = re.findall(r'class="line" d="M([\d.]+) [\d.]+H([\d.]+)"', svg)

    assert float(left) == pytest.approx(moments[18], abs=0.2)
    assert moments[19] <= float(right) < moments[20]


def test_what_did_not_begin_in_the_picture_comes_in_from_the_left() -> None:
    engine, request = bars_in(picture(recorded("engine 1 opened", "1: request 1 ends")), "life")

    assert request[0] == engine[0]


@pytest.fixture
def served(recording: Recording) -> Iterator[Served]:
    with new_database():
        served = Served(recording)
        yield served
        served.engine.dispose()


def test_the_chart_shows_the_commit_after_the_response(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session)]) -> None:
        use(session)

    served.ask("/")

    marks = marks_in(picture(recording))
    assert marks["commit"] > marks["response sent"]


def test_with_function_scope_the_chart_shows_the_commit_before_the_response(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session, scope="function")]) -> None:
        use(session)

    served.ask("/")

    marks = marks_in(picture(recording))
    assert marks["commit"] < marks["response sent"]


def test_the_picture_says_that_it_shows_order_and_no_time() -> None:
    assert "Left to right: order, not time." in " ".join(
        texts(picture(recorded("engine 1 opened")))
    )


# Rows and marks


def test_each_row_has_the_name_of_its_object_in_the_order_of_the_rows(step_03: Recording) -> None:
    names = [row.name for row in rows_of(step_03.events)]

    assert [text for text in texts(picture(step_03)) if text in names] == names


def test_a_connection_in_use_is_labelled_with_who_uses_it() -> None:
    uses = [f"{n}: connection 1 {what}" for n in (1, 2) for what in ("taken", "given back")]

    drawn = texts(picture(recorded("connection 1 opened", *uses)))

    assert [text for text in drawn if text in ("r1", "r2")] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("happening", "mark"),
    [
        ("1: response 1 starts", "response sent"),
        ("1: transaction 1 commits", "commit"),
        ("1: transaction 1 rolls back", "rollback"),
        ("1: transaction 1 reads only", "only read"),
        ("1: client 1 disconnects", "client gone"),
    ],
)
def test_a_mark_looks_as_the_legend_says_which_lists_no_other(happening: str, mark: str) -> None:
    without, marked = (picture(recorded(*each)) for each in (("engine 1 opened",), (happening,)))
    shape = {
        "response sent": r'<path class="mark" d="M[\d.]+ [\d.]+l11',
        "commit": r'<circle class="mark"',
        "rollback": r'<path class="cross" d="M[\d.]+ [\d.]+l10',
        "only read": r'<circle class="ring"',
        "client gone": r'<path class="cross" d="M[\d.]+ [\d.]+v14',
    }[mark]

    assert len(re.findall(shape, without)) == 0
    assert len(re.findall(shape, marked)) == 2  # one in the legend
    assert {*MARKS_IN_WORDS.values()}.intersection(texts(marked)) == {MARKS_IN_WORDS[mark]}
    assert not {*MARKS_IN_WORDS.values()}.intersection(texts(without))


def test_the_strokes_of_threads_are_drawn_on_request_only(step_03: Recording) -> None:
    asked, usual = (svg_in(chart(step_03, TITLE, threads=yes).html) for yes in (True, False))

    assert 'class="stroke"' in asked
    assert 'class="stroke"' not in usual
    assert "Stroke" not in " ".join(texts(usual))


def test_a_narrow_picture_has_a_legend_that_fits(step_03: Recording) -> None:
    svg = draw(Newest(step_03.events), TITLE, Frame(width=320, names=False), is_over=True)

    assert max(map(len, texts(svg)[-3:])) < 320 / 6


# Labels


def test_what_a_request_opens_is_labelled_with_it(step_03: Recording) -> None:
    labels = [text for text in texts(picture(step_03)) if re.match(r"r\d+( |$)", text)]

    assert "r1 POST /users 201" in labels
    assert "r2 POST /users 409" in labels
    assert "r3 GET /users/1 200" in labels
    assert {label.split()[0] for label in labels} == {"r1", "r2", "r3"}


def label_of(svg: str, label: str) -> tuple[float, str]:
    """Return where a label is, and which end of it."""
    found = re.findall(rf'x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)">{label}<', svg)
    ((x, anchor),) = found
    return float(x), anchor


def test_a_label_is_left_of_its_bar_where_there_is_room() -> None:
    others = [f"engine {n} {what}" for n in range(1, 9) for what in ("opened", "closed")]
    svg = picture(recorded(*others, "7: session 1 opened", "7: session 1 closed"))

    x, anchor = label_of(svg, "r7")
    assert anchor == "end"
    assert x < bars_in(svg, "life")[-1][0]


def test_a_label_is_in_its_bar_where_nothing_else_is() -> None:
    others = [f"engine {n} {what}" for n in range(1, 9) for what in ("opened", "closed")]
    svg = picture(recorded("7: session 1 opened", *others, "7: session 1 closed"))

    x, anchor = label_of(svg, "r7")
    left, right = bars_in(svg, "life")[-1]
    assert anchor == "start"
    assert left < x < right - 10


def test_a_label_is_right_of_a_bar_that_is_too_small_or_too_full() -> None:
    others = [f"engine {n} {what}" for n in range(1, 31) for what in ("opened", "closed")]
    small = ["777: session 1 opened", "777: session 1 closed", *others]
    uses = ["777: transaction 1 begins", "777: transaction 1 ends"]
    full = [small[0], *uses, *others[:9], small[1], *others[9:]]
    for happenings in (small, full):
        svg = picture(recorded(*happenings))

        x, anchor = label_of(svg, "r777")
        assert anchor == "start"
        assert x > bars_in(svg, "life")[-1][1]


def test_a_label_is_right_of_the_line_of_a_response_that_ends_with_its_bar() -> None:
    others = [f"engine {n} {what}" for n in range(1, 31) for what in ("opened", "closed")]
    events = recorded(*(line.replace("1", "777") for line in REQUEST), *others).events
    svg = draw(Newest(events), "", Frame(200, names=False), is_over=True)

    (line_end,) = re.findall(r'class="line" d="M[\d.]+ [\d.]+H([\d.]+)"', svg)
    x, anchor = label_of(svg, "r777")
    assert anchor == "start"
    assert x > float(line_end) > bars_in(svg, "life")[-1][1]


def test_a_label_is_in_a_bar_that_is_too_small_where_it_has_no_end() -> None:
    svg = picture(recorded("7: session 1 opened", "7: transaction 1 begins"))

    x, anchor = label_of(svg, "r7")
    assert anchor == "start"
    assert bars_in(svg, "life")[0][0] < x < bars_in(svg, "life")[0][0] + 10


def test_a_label_without_room_is_left_out_and_covers_no_other() -> None:
    opened = "1: connection 1 opened"
    uses = [f"{n}: connection 1 {what}" for n in range(1, 21) for what in ("taken", "given back")]
    svg = draw(Newest(recorded(opened, *uses).events), "", Frame(320, names=False), is_over=False)

    labels = re.findall(r'x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)">(r\d+)<', svg)
    assert {label for _, _, label in labels} == {f"r{n}" for n in range(1, 10)}  # short enough
    assert {anchor for _, anchor, _ in labels} == {"middle"}  # so nothing is written over r1
    for (left, _, label), (right, _, other) in pairwise(labels):
        assert float(right) - float(left) >= SMALL_LETTER * (len(label) + len(other)) / 2


def test_a_long_label_is_cut_but_keeps_its_status() -> None:
    recording = Recording()
    recording.note("request", 1, "begins", 1, "GET /" + "users/" * 20)
    unanswered = picture(recording)
    recording.note("response", 1, "starts", 1, "404", "request 1")

    (label,) = (text for text in texts(picture(recording)) if text.startswith("r1 GET"))
    assert re.fullmatch(r"r1 GET /users/[users/]+… 404", label)
    (label,) = (text for text in texts(unanswered) if text.startswith("r1 GET"))
    assert re.fullmatch(r"r1 GET /users/[users/]+…", label)
    assert "GET /" + "users/" * 20 + " 404" in picture(recording)  # whoever points at it


def test_an_object_that_is_open_is_said_to_be(step_03: Recording) -> None:
    recording = recorded("engine 1 opened", "S3 client 1 opened", "S3 client 1 closed")

    assert texts(picture(recording, is_over=True)).count("never closed") == 1
    assert texts(picture(recording, is_over=False)).count("still open") == 1
    assert "never closed" not in picture(recording, is_over=False)
    assert "never closed" not in picture(step_03)


def test_a_chart_knows_whether_its_recording_is_over() -> None:
    recording = recorded("engine 1 opened")
    running = chart(recording, TITLE).html
    recording.is_over = True

    assert "still open" in svg_in(running)
    assert "never closed" in svg_in(chart(recording, TITLE).html)


def test_each_kind_of_thread_that_did_something_has_a_lane(step_03: Recording) -> None:
    lanes = {"event loop", "worker thread", "main thread"}

    assert lanes.intersection(texts(picture(step_03))) == {"event loop", "worker thread"}
    assert lanes.intersection(texts(picture(recorded("engine 1 opened")))) == {"main thread"}
    strokes = [
        path.count("M") for path in re.findall(r'class="stroke" d="([^"]+)"', picture(step_03))
    ]
    threads = [event.thread for event in step_03.events]
    assert strokes == [threads.count("event loop"), threads.count("worker thread")]


def test_what_is_not_shown_is_said() -> None:
    recording = recorded(*REQUEST, "2: request 2 begins", "2: request 2 ends", limit=2)
    assert recording.dropped == 2
    part = newest(recorded(*REQUEST, "2: request 2 begins").events, 1)
    svg, words = (does(part, TITLE, is_over=True) for does in (draw, describe))

    assert " 2 earlier events are not kept." in " ".join(texts(picture(recording)))
    assert " 2 earlier events are not kept. In the main thread" in chart(recording, TITLE).words
    assert " ".join(texts(svg)).endswith(" 1 earlier request is not shown.")
    assert " 1 earlier request is not shown. " in words
    assert "earlier" not in picture(recorded(*REQUEST))
    assert "earlier" not in words_of(recorded(*REQUEST))


# The picture


def svg_in(page: str) -> str:
    """Return the picture that is below all others."""
    return b64decode(page.split("base64,")[1].split('"')[0]).decode()


def test_the_same_recording_gives_the_same_picture(step_03: Recording) -> None:
    again = record_step(3, SIGN_UP, SIGN_UP_AGAIN, LOOK_UP)

    assert chart(again, TITLE).html == chart(step_03, TITLE).html


@pytest.mark.parametrize("requests", [0, 1, 40])
def test_the_picture_is_well_formed_however_much_there_is(requests: int) -> None:
    lines = [line.replace("1", str(n)) for n in range(1, requests + 1) for line in REQUEST]
    svg = picture(recorded(*lines, limit=1_000))
    root = ElementTree.fromstring(svg)  # noqa: S314

    assert len(root.findall(f"{SVG}g/{SVG}title")) == requests
    width = float(root.attrib["width"])
    for box in root.iter(f"{SVG}rect"):
        left, breadth = float(box.get("x", 0)), float(box.attrib["width"])
        assert 0 <= left <= left + breadth <= width
        assert breadth > 0


EVIL = "\"'><script>alert(1)</script>&amp;<!--"


def test_a_title_cannot_break_the_picture(step_03: Recording) -> None:
    page = chart(step_03, EVIL).html

    assert texts(svg_in(page))[0] == EVIL
    assert "<script>" not in page
    assert "<script>" not in svg_in(page)
    assert {*re.findall(r"<(\w+)", page)} == {"div", "img", "span", "details", "summary", "p"}
    assert unescape(page.split('alt="')[1]).startswith(EVIL)


def test_a_path_cannot_break_the_picture() -> None:
    recording = Recording()
    for number, path in enumerate((EVIL, "\x00\x1b\ud800\uffff"), start=1):
        recording.note("request", number, "begins", number, f"GET /{path}")

    drawn = texts(picture(recording))
    assert any(text.startswith("r1 GET /" + EVIL[:-1]) for text in drawn)
    assert "r2 GET /" + "\ufffd" * 4 in drawn
    assert "<script>" not in picture(recording)
    assert "<script>" not in chart(recording, TITLE).html


def lightness(colour: Sequence[float]) -> float:
    """Source: WCAG 2.2, relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return sum(part * c for part, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(("paper", "colours"), [("#ffffff", COLOURS), ("#18202c", DARK_COLOURS)])
def test_each_request_is_seen_on_the_bar_of_every_other(paper: str, colours: Sequence[str]) -> None:
    def parts(colour: str) -> list[float]:
        return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]

    share = float(re.findall(r"\.life{fill-opacity:([.\d]+)}", STYLE)[0])
    for bar in colours:
        ground = [
            share * c + (1 - share) * p for c, p in zip(*map(parts, (bar, paper)), strict=True)
        ]
        for border in colours:
            dark, light = sorted((lightness(ground), lightness(parts(border))))
            assert (light + 0.05) / (dark + 0.05) >= 3, (border, bar)


def test_every_class_of_the_picture_has_a_rule_and_no_colour_of_its_own(step_03: Recording) -> None:
    svg = picture(step_03).replace(STYLE, "")
    classes = {each for found in re.findall(r'class="([^"]+)"', svg) for each in found.split()}

    assert all(f".{each}{{" in STYLE for each in classes)
    assert not re.search(r'(fill|stroke|style)="', svg)


def test_requests_beyond_the_colours_begin_again_with_the_first() -> None:
    requests = range(1, len(COLOURS) + 2)
    svg = picture(recorded(*(f"{n}: request {n} begins" for n in requests)))

    classes = re.findall(r'class="life (c\d)"', svg)
    assert classes == [*(f"c{number}" for number in range(len(COLOURS))), "c0"]


# The words


def test_the_words_tell_every_event_in_order_with_its_owner(step_03: Recording) -> None:
    words, _, _ = words_of(step_03).removeprefix(f"{TITLE}. ").partition(". On the event loop")
    told = []
    for sentence in re.split(r"\. (?=The app itself|Request \d+:)", words):
        who, clauses = sentence.split(": ", 1)
        owner = None if who == "The app itself" else int(who.removeprefix("Request "))
        for clause in clauses.split("; "):
            subject = re.findall(r"^.+? \d+", clause)[0]
            for what in clause.removeprefix(f"{subject} ").split(", "):
                told.append((owner, f"{subject} {what}"))

    assert told == [(event.request, str(event)) for event in step_03.events]


def test_the_words_are_the_text_of_the_picture_for_those_who_hear_it(step_03: Recording) -> None:
    page = chart(step_03, TITLE).html

    assert unescape(page.split('alt="')[1].split('">')[0]) == words_of(step_03)


def test_the_words_tell_what_is_open() -> None:
    recording = recorded("engine 1 opened", "1: session 1 opened", "1: transaction 1 begins")

    assert " Never closed: engine 1, session 1. " in words_of(recording)
    assert " Not closed yet: engine 1, session 1. " in words_of(recording, is_over=False)
    assert "losed" not in words_of(recorded(*REQUEST))


def test_the_words_end_with_the_kinds_of_thread_that_the_events_were_in(
    step_03: Recording,
) -> None:
    threads = [event.thread for event in step_03.events]
    loop, workers = threads.count("event loop"), threads.count("worker thread")

    assert words_of(step_03).endswith(
        f" On the event loop: {loop} events; in worker threads: {workers}."
    )
    assert min(loop, workers) > 0
    assert words_of(recorded("engine 1 opened")).endswith(" In the main thread: 1 event.")


def test_nothing_is_a_picture_too() -> None:
    assert words_of(Recording()) == "A title."
    assert texts(picture(Recording()))[0] == TITLE
