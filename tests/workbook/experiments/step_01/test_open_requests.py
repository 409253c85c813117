"""What a stream and a websocket hold while they are open."""

from steps.workbook.experiments.step_01 import open_requests
from tests.often_said import often_said


@often_said(
    "A slow stream holds a connection until it ends.",
    "depends",
    "In request scope it does; in function scope, with a stream that needs no session, the "
    "connection is free while the stream is open.",
    step=1,
)
def test_slow_streams_hold_their_connections_only_in_the_default_scope() -> None:
    assert open_requests.connections_held_by_two_slow_streams() == {
        "default scope": 2,
        "function scope": 0,
    }


@often_said(
    "Function scope frees the connection of an idle websocket.",
    "never held",
    "Both scopes last until the websocket closes, and a session with an open transaction "
    "holds its connection so long.",
    step=1,
)
def test_idle_websockets_hold_their_connections_in_either_scope() -> None:
    assert open_requests.connections_held_by_two_idle_websockets() == {
        "default scope": 2,
        "function scope": 2,
    }


@often_said(
    "After function scope has ended, a stream cannot use its session.",
    "never held",
    "It opens the session again, and nobody closes it: its connection stays in use while a "
    "reference keeps the session.",
    step=1,
)
def test_a_stream_that_reads_after_the_function_scope_leaves_a_connection_in_use() -> None:
    assert open_requests.a_stream_in_function_scope_opens_the_session_again() == {
        "status": 200,
        "connections still in use": 1,
    }
