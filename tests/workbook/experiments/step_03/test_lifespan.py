"""What notebook 03 says of lifespans, and of the objects that they open and close."""

import pytest

from steps.workbook.experiments.step_03 import lifespan

NO_CORE = "AttributeError: 'State' object has no attribute 'core'"


def without_connections(events: list[str]) -> list[str]:
    """Only step 03 connects when it starts."""
    return [event for event in events if not event.startswith("connection")]


def test_four_first_requests_at_once_make_step_02_open_four_engines() -> None:
    assert lifespan.cold_start_of_step_02() == 4


def test_four_first_requests_at_once_meet_the_one_engine_of_step_03() -> None:
    assert lifespan.cold_start_of_step_03() == 1


def test_each_of_four_workers_opens_a_core_of_its_own() -> None:
    assert lifespan.four_workers_open_four_cores() == 4


def test_an_app_that_is_started_twice_opens_two_cores() -> None:
    assert lifespan.each_lifespan_opens_its_own_core() == {"apps": 1, "lifespans": 2, "cores": 2}


def test_code_below_the_yield_does_not_close_what_was_open_when_the_start_failed() -> None:
    events = lifespan.second_resource_fails_to_open()
    assert events["code below the yield"] == ["engine 1 opened", "app 1 does not start"]


def test_an_exit_stack_closes_what_was_open_when_the_start_failed() -> None:
    events = lifespan.second_resource_fails_to_open()["ExitStack, as in step 03"]
    assert without_connections(events) == [
        "engine 1 opened",
        "engine 1 closed",
        "app 1 does not start",
    ]


@pytest.mark.parametrize("way", ["code below the yield", "ExitStack, as in step 03"])
def test_when_both_resources_open_they_are_closed_in_reverse_order(way: str) -> None:
    assert without_connections(lifespan.both_resources_open()[way]) == [
        "engine 1 opened",
        "S3 client 1 opened",
        "app 1 is up",
        "S3 client 1 closed",
        "engine 1 closed",
    ]


def test_a_shutdown_waits_for_the_request_in_flight_before_it_closes_the_core() -> None:
    assert without_connections(lifespan.shutdown_waits_for_the_request_in_flight()) == [
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


def test_step_02_starts_with_a_bad_setting_and_fails_at_the_first_request() -> None:
    assert lifespan.bad_setting_in_step_02() == {"documentation": 200, "first request": 500}


def test_step_03_ends_with_a_bad_setting_before_it_opens_its_port() -> None:
    assert lifespan.bad_setting_in_step_03() == {
        "exit code": 3,
        "port opened": False,
        "tracebacks": 0,
        "errors": [
            "DATABASE_URL: this is not a URL of a database",
            "Application startup failed. Exiting.",
        ],
    }


def test_a_test_client_outside_a_with_block_runs_no_lifespan() -> None:
    assert lifespan.client_without_with() == NO_CORE


def test_asgi_transport_runs_no_lifespan_unless_you_enter_it_yourself() -> None:
    assert lifespan.asgi_transport_runs_no_lifespan() == {
        "transport alone": NO_CORE,
        "in app.router.lifespan_context(app)": "200",
    }


def test_an_app_that_is_made_above_its_lifespan_function_is_a_name_error() -> None:
    assert lifespan.app_above_its_lifespan() == "NameError: name 'lifespan' is not defined"


def test_the_lifespan_of_an_included_router_runs_and_that_of_a_mounted_app_does_not() -> None:
    assert lifespan.lifespans_that_run() == ["app", "included router"]


def test_an_accessor_without_async_costs_a_request_one_thread_hop_more() -> None:
    hops = lifespan.thread_hops_of_a_request()
    assert hops["def get_core"] == hops["async def get_core"] + 1


def test_requests_share_the_core_of_the_yielded_state_but_not_the_state_itself() -> None:
    assert lifespan.each_request_gets_a_shallow_copy() == [
        {"requests": 1, "note from before": False},
        {"requests": 2, "note from before": False},
    ]


def test_fastapi_refuses_a_request_with_the_type_of_its_state() -> None:
    assert lifespan.typed_request_is_refused() == "FastAPIError: Invalid args for response field"


def test_an_engine_and_an_s3_client_connect_to_nothing_when_they_are_opened() -> None:
    assert lifespan.opening_connects_to_nothing() == {"opened": 2, "connections": 0}


def test_the_first_connection_of_an_engine_asks_for_no_table() -> None:
    assert lifespan.first_connection_reads_no_schema() == ["PRAGMA read_uncommitted"]


def test_one_s3_client_keeps_one_connection_and_a_client_per_request_opens_one_each() -> None:
    assert lifespan.connections_to_s3() == {"step 01": 3, "step 03": 1}


def test_the_server_that_moto_brings_along_closes_each_connection() -> None:
    assert lifespan.own_server_of_moto() == "Connection: close"


def test_nobody_but_fastapi_builds_the_user_service() -> None:
    error = lifespan.user_service_without_arguments()
    assert error.startswith("TypeError: UserService.__init__() missing 3 required")


def test_a_script_can_wire_the_user_service_by_hand() -> None:
    assert lifespan.user_service_wired_by_hand() == "ada@example.com is signed up"
