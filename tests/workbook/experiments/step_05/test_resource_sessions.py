"""What notebook 05 says of the number of sessions that a container gives to requests."""

from steps.workbook.experiments.step_05 import resource_sessions


def test_a_resource_is_one_session_for_ten_requests_at_once_and_step_05_gives_each_its_own() -> (
    None
):
    assert resource_sessions.ten_requests_at_once() == {
        "Resource": 1,
        "Resource, Closing": 1,
        "ContextLocalResource": 10,
        "ContextLocalResource, Closing": 10,
        "step 05": 10,
    }


def test_a_def_dependency_and_its_def_endpoint_are_two_contexts_and_get_two_sessions() -> None:
    assert resource_sessions.two_sessions_in_one_request() == 2
