"""What notebook 05 says of the number of sessions that a container gives to requests."""

from steps.workbook.experiments.step_05 import resource_sessions
from tests.often_said import often_said


@often_said(
    "`providers.Resource(get_db)` gives each request a session.",
    "never held",
    "It is one session for the whole app: ten requests at once share it.",
    step=5,
)
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


@often_said(
    "`ContextLocalResource` gives one session per request.",
    "depends",
    "A `def` provider and its `def` endpoint run in two contexts, and get two.",
    step=5,
)
def test_a_def_dependency_and_its_def_endpoint_are_two_contexts_and_get_two_sessions() -> None:
    assert resource_sessions.two_sessions_in_one_request() == 2
