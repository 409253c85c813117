"""What a stream and a websocket hold while they are open."""

from steps.workbook.experiments.step_01 import open_requests


def test_slow_streams_hold_their_connections_only_in_the_default_scope() -> None:
    assert open_requests.connections_held_by_two_slow_streams() == {
        "default scope": 2,
        "function scope": 0,
    }


def test_idle_websockets_hold_their_connections_in_either_scope() -> None:
    assert open_requests.connections_held_by_two_idle_websockets() == {
        "default scope": 2,
        "function scope": 2,
    }


def test_a_stream_that_reads_after_the_function_scope_leaves_a_connection_in_use() -> None:
    assert open_requests.a_stream_in_function_scope_opens_the_session_again() == {
        "status": 200,
        "connections still in use": 1,
    }
