"""What the notebooks say about the code after a `yield`, seen to happen on real servers."""

from steps.workbook.experiments.step_01 import depends_teardown


def test_by_hand_an_error_leaves_the_connection_in_use() -> None:
    assert depends_teardown.by_hand_an_error_skips_the_close() == {
        "status": 404,
        "connections still in use": 1,
    }


def test_in_the_default_scope_the_client_has_its_201_before_the_row_is_there() -> None:
    assert depends_teardown.default_scope_answers_before_the_commit() == {
        "status": 201,
        "rows at the answer": 0,
        "rows later": 1,
    }


def test_in_the_function_scope_the_row_is_there_when_the_client_has_its_201() -> None:
    assert depends_teardown.function_scope_commits_before_the_answer() == {
        "status": 201,
        "rows at the answer": 1,
    }


def test_only_the_function_scope_tells_the_client_that_the_commit_failed() -> None:
    assert depends_teardown.status_when_the_commit_fails() == {
        "default-scope, OSError": 201,
        "function-scope, OSError": 500,
        "default-scope, HTTPException": 201,
        "function-scope, HTTPException": 507,
        "rows": 0,
    }


def test_the_default_scope_acknowledges_ten_sign_ups_that_it_loses() -> None:
    assert depends_teardown.twenty_sign_ups_with_ten_emails() == {
        "default-scope": {"status 201": 20, "rows": 10, "logged errors": 10},
        "function-scope": {"status 201": 10, "status 409": 10, "rows": 10, "logged errors": 0},
    }


def test_the_test_client_waits_for_a_commit_that_a_real_client_does_not_wait_for() -> None:
    assert depends_teardown.the_test_client_waits_for_the_commit() == {
        "status": 201,
        "rows at the answer": 1,
    }


def test_the_test_client_raises_the_error_of_a_commit_where_a_real_client_has_a_201() -> None:
    assert depends_teardown.the_test_client_raises_what_no_real_client_sees() == {
        "real client": "201",
        "TestClient": "OSError('disk full')",
    }


def test_only_finally_runs_on_errors_and_a_returned_400_is_none() -> None:
    assert depends_teardown.what_runs_after_a_yield() == {
        "return 1": "200: opened, after the yield, finally",
        "return 400": "400: opened, after the yield, finally",
        "raise 404": "404: opened, finally",
        "raise ValueError": "500: opened, finally",
        "return no int": "500: opened, finally",
        "body without its field": "422: opened, finally",
        "body that is no JSON": "422: never opened",
        "bad parameter of the provider": "422: never opened",
    }


def test_two_requests_starve_each_other_with_one_thread_and_one_connection() -> None:
    assert depends_teardown.two_requests_with_one_thread_and_one_connection() == {
        "default scope": [200, 500],
        "function scope": [200, 500],
        "one limit of 1": [200, 200],
        "two limits of 1": [200, 500],
        "logged": [
            "TimeoutError('QueuePool limit of size 1 overflow 0 reached, "
            "connection timed out, timeout 0.10')"
        ],
    }


def test_more_connections_than_threads_are_starved_by_one_request_more() -> None:
    statuses = depends_teardown.three_requests_with_one_thread_and_two_connections()

    assert statuses == [200, 200, 500]


def test_with_the_default_sizes_a_hundred_requests_starve_unless_there_is_a_limit() -> None:
    assert depends_teardown.default_sizes() == {
        "worker threads": 40,
        "connections": 15,
        "requests that can starve": 55,
        "seconds that they wait": 30,
    }
    assert depends_teardown.a_hundred_requests_with_the_default_sizes() == {
        "/default-scope": [200, 500],
        "/limit-of-15": [200],
    }


def test_slow_streams_hold_their_connections_only_in_the_default_scope() -> None:
    assert depends_teardown.connections_held_by_two_slow_streams() == {
        "default scope": 2,
        "function scope": 0,
    }


def test_idle_websockets_hold_their_connections_in_either_scope() -> None:
    assert depends_teardown.connections_held_by_two_idle_websockets() == {
        "default scope": 2,
        "function scope": 2,
    }


def test_a_stream_that_reads_after_the_function_scope_leaves_a_connection_in_use() -> None:
    assert depends_teardown.a_stream_in_function_scope_opens_the_session_again() == {
        "status": 200,
        "connections still in use": 1,
    }
