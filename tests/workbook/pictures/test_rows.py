"""Each object of a recording has a row, in the right place; and which are the newest."""

import pytest

from steps.workbook.calls import LOOK_UP, SIGN_UP, SIGN_UP_AGAIN
from steps.workbook.pictures.rows import MOST_LEFT_OPEN, Newest, newest, rows_of
from steps.workbook.recording.events import Event, Recording
from steps.workbook.recording.one_step import record_step
from tests.workbook.recorded import REQUEST, recorded

pytestmark = pytest.mark.usefixtures("quick_hashing")


@pytest.fixture(scope="module")
def step_03() -> Recording:
    return record_step(3, SIGN_UP, SIGN_UP_AGAIN, LOOK_UP)


def names(recording: Recording) -> list[str]:
    return [row.name for row in rows_of(recording.events)]


def test_there_is_a_row_for_each_object_the_apps_own_first(step_03: Recording) -> None:
    assert names(step_03) == [
        "engine 1",
        "connection 1",
        "S3 client 1",
        *("request 1", "session 1"),
        *("request 2", "session 2"),
        *("request 3", "session 3"),
    ]


def test_requests_that_meet_have_their_rows_apart() -> None:
    recording = recorded(
        "2: request 2 begins",
        "1: request 1 begins",
        "2: session 1 opened",
        "1: session 2 opened",
        "engine 1 opened",
    )

    assert names(recording) == ["engine 1", "request 1", "session 2", "request 2", "session 1"]


def test_a_transaction_is_a_span_of_its_session_and_a_response_of_its_request() -> None:
    recording = recorded(
        "1: request 1 begins",
        "1: session 1 opened",
        "1: transaction 1 begins",
        "1: transaction 1 commits",
        "1: transaction 1 ends",
        "1: session 1 closed",
        "1: response 1 starts",
        "1: response 1 ends",
        "1: request 1 ends",
    )
    request, session = rows_of(recording.events)

    assert (request.life.first, request.life.last) == (0, 8)
    assert [(span.kind, span.first, span.last) for span in request.spans] == [("response", 6, 7)]
    assert request.marks == [(6, "response sent")]
    assert (session.life.first, session.life.last) == (1, 5)
    assert [(span.kind, span.first, span.last) for span in session.spans] == [("transaction", 2, 4)]
    assert session.marks == [(3, "commit")]


def test_a_connection_is_in_use_by_one_request_after_the_other() -> None:
    recording = recorded(
        "connection 1 opened",
        "1: connection 1 taken",
        "1: connection 1 given back",
        "2: connection 1 taken",
        "2: connection 1 given back",
        "connection 1 closed",
    )
    (row,) = rows_of(recording.events)

    assert (row.life.request, row.life.first, row.life.last) == (None, 0, 5)
    assert [(span.request, span.first, span.last) for span in row.spans] == [(1, 1, 2), (2, 3, 4)]


def test_what_is_cut_off_ends_with_its_object() -> None:
    recording = recorded(
        "1: request 1 begins",
        "1: response 1 starts",
        "1: client 1 disconnects",
        "1: request 1 ends",
    )
    row = rows_of(recording.events)[0]

    assert row.spans[0].last == row.life.last == 3


# The newest


def shown(events: list[Event]) -> list[str]:
    return [str(event) for event in events]


def test_the_newest_requests_are_shown_and_what_they_use() -> None:
    recording = recorded(
        "engine 1 opened",
        "1: request 1 begins",
        "1: connection 1 opened",
        "1: connection 1 taken",
        "1: connection 1 given back",
        "1: request 1 ends",
        "2: request 2 begins",
        "2: connection 1 taken",
        "2: connection 1 given back",
        "2: request 2 ends",
    )
    part = newest(recording.events, requests=1)

    assert part.left_out == 1
    assert shown(part.events) == [
        "engine 1 opened",
        "connection 1 opened",
        "request 2 begins",
        "connection 1 taken",
        "connection 1 given back",
        "request 2 ends",
    ]


def test_all_requests_are_shown_when_there_is_room(step_03: Recording) -> None:
    assert newest(step_03.events, requests=3) == Newest(step_03.events)


def test_what_came_before_a_moment_is_not_shown_but_for_what_is_open() -> None:
    recording = recorded("engine 1 opened", "engine 2 opened", "engine 2 closed", *REQUEST)
    moment = recording.moment
    assert shown(newest(recording.events, 5, moment).events) == ["engine 1 opened"]

    recording.note("request", 2, "begins", 2)

    part = newest(recording.events, 5, moment)
    assert shown(part.events) == ["engine 1 opened", "request 2 begins"]
    assert part.left_out == 0


def test_what_closes_after_a_moment_keeps_its_opening_before_it() -> None:
    recording = recorded("engine 1 opened", *REQUEST, "engine 1 closed")

    part = newest(recording.events, requests=5, after=recording.moment - 1)

    assert shown(part.events) == ["engine 1 opened", "engine 1 closed"]


def test_what_earlier_requests_left_open_is_shown_up_to_a_limit() -> None:
    many = MOST_LEFT_OPEN + 5
    recording = recorded(*(f"{n}: engine {n} opened" for n in range(1, many + 1)))

    part = newest(recording.events, requests=1)

    oldest = range(1, MOST_LEFT_OPEN + 1)
    assert shown(part.events) == [f"engine {n} opened" for n in (*oldest, many)]


def test_older_requests_fold_into_one_row_where_there_is_no_room(step_03: Recording) -> None:
    rows = {
        most: [row.name for row in rows_of(newest(step_03.events, 3, most_rows=most).events)]
        for most in (9, 8, 7, 6)
    }
    app = ["engine 1", "connection 1", "S3 client 1"]

    assert rows[9] == [
        *app, "request 1", "session 1", "request 2", "session 2", "request 3", "session 3",
    ]  # fmt: skip
    assert rows[8] == [*app, "request 1", "request 2", "session 2", "request 3", "session 3"]
    assert rows[7] == [*app, "request 1", "request 2", "request 3", "session 3"]
    assert rows[6] == [*app, "request 2", "request 3", "session 3"]


def test_what_a_folded_request_left_open_keeps_its_row() -> None:
    again = [line.replace("1", "2") for line in REQUEST]
    recording = recorded("1: request 1 begins", "1: engine 1 opened", "1: request 1 ends", *again)
    part = newest(recording.events, 2, most_rows=1)

    assert "engine 1 opened" in shown(part.events)


def test_the_newest_request_is_never_folded(step_03: Recording) -> None:
    part = newest(step_03.events, 3, most_rows=1)

    assert [event.kind for event in part.events if event.request == 3].count("session") == 2
    assert part.left_out == 2
