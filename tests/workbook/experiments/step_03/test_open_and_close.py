"""A lifespan opens once and closes in reverse, whatever fails."""

from steps.workbook.experiments.step_03 import open_and_close
from tests.often_said import often_said


def without_connections(events: list[str]) -> list[str]:
    """Only step 03 connects when it starts."""
    return [event for event in events if not event.startswith("connection")]


@often_said(
    "First requests that meet may build several singletons of a lifespan.",
    "never held",
    "The lifespan has built it before anybody is let in: four first requests meet one engine.",
    step=3,
)
def test_four_first_requests_at_once_meet_the_one_engine_of_step_03() -> None:
    assert open_and_close.cold_start_of_step_03() == 1


@often_said(
    "All workers share what the lifespan opened.",
    "never held",
    "Each of four workers opens a core of its own.",
    step=3,
)
def test_each_of_four_workers_opens_a_core_of_its_own() -> None:
    assert open_and_close.four_workers_open_four_cores() == 4


@often_said(
    "A lifespan singleton exists once per app.",
    "depends",
    "It exists once per lifespan: an app that starts twice opens two.",
    step=3,
)
def test_an_app_that_is_started_twice_opens_two_cores() -> None:
    outcome = open_and_close.each_lifespan_opens_its_own_core()

    assert outcome == {
        "apps": 1,
        "lifespans": 2,
        "cores": 2,
    }


@often_said(
    "Code after the `yield` of a lifespan closes everything.",
    "depends",
    "If a later resource fails to open, that code does not run, and the first one stays open.",
    step=3,
)
def test_code_below_the_yield_does_not_close_what_was_open_when_the_start_failed() -> None:
    events = open_and_close.second_resource_fails_to_open()
    assert events["code below the yield"] == ["engine 1 opened", "app 1 does not start"]


@often_said(
    "A start that fails leaves something open.",
    "depends",
    "An `ExitStack` in the lifespan closes what was open already.",
    step=3,
)
def test_an_exit_stack_closes_what_was_open_when_the_start_failed() -> None:
    events = open_and_close.second_resource_fails_to_open()["ExitStack, as in step 03"]
    assert without_connections(events) == [
        "engine 1 opened",
        "engine 1 closed",
        "app 1 does not start",
    ]


@often_said(
    "A shutdown closes resources under a request that is running.",
    "never held",
    "The endpoint ends, its session commits and closes, the answer leaves, and then the "
    "core closes (one process, one signal).",
    step=3,
)
def test_a_shutdown_waits_for_the_request_in_flight_before_it_closes_the_core() -> None:
    assert without_connections(open_and_close.shutdown_waits_for_the_request_in_flight()) == [
        "engine 1 opened",
        "S3 client 1 opened",
        "request 1 begins: POST /users",
        "session 1 opened",
        "server 1 begins to stop",
        "transaction 1 begins",
        "transaction 1 commits",
        "transaction 1 ends",
        "session 1 closed",
        "response 1 starts: 201",
        "response 1 ends",
        "request 1 ends: /users",
        "S3 client 1 closed",
        "engine 1 closed",
        "the client has its 201",
    ]


@often_said(
    "A wrong setting ends the server before its port opens.",
    "depends",
    "A server of one process that reads its settings in the lifespan ends with exit code 3, "
    "and its port never opens.",
    step=3,
)
def test_step_03_ends_with_a_bad_setting_before_it_opens_its_port() -> None:
    assert open_and_close.bad_setting_in_step_03() == {
        "exit code": 3,
        "port opened": False,
        "tracebacks": 0,
        "errors": [
            "DATABASE_URL: this is not a URL of a database",
            "Application startup failed. Exiting.",
        ],
    }
