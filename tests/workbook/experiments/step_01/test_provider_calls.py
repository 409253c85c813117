"""When a provider is called, and how often."""

from steps.workbook.experiments.step_01 import provider_calls
from tests.often_said import often_said


@often_said(
    "`Depends` calls your function when the app starts.",
    "never held",
    "FastAPI reads the parameters when the endpoint is registered, and calls nothing before a"
    " request.",
    step=1,
)
def test_parameters_are_read_at_registration_and_nothing_is_called_before_a_request() -> None:
    assert provider_calls.tree_is_built_at_registration() == {
        "registration": "parameters read",
        "start of the app": "nothing",
        "request 1": "called",
        "request 2": "called",
        "request 3": "called",
    }


@often_said(
    "The parameters have all been read when the app starts.",
    "held until 0.136",
    "The first request to a router that was included reads them once more; until 0.136 its "
    "inclusion did.",
    step=1,
)
def test_the_first_request_to_an_included_router_reads_the_parameters_once_more() -> None:
    seen = provider_calls.tree_of_an_included_router_is_built_again_by_the_first_request()

    assert seen == {
        "registration": "parameters read",
        "inclusion": "nothing",
        "start of the app": "nothing",
        "request 1": "parameters read, called",
        "request 2": "called",
    }


@often_said(
    "Inside one request, a dependency is built once.",
    "depends",
    "The same function in the same scope is; `use_cache=False`, two lambdas, or two scopes of"
    " one function build two.",
    step=1,
)
def test_only_the_same_function_in_the_same_scope_and_request_is_called_once() -> None:
    assert provider_calls.cache_lives_within_one_request() == {
        "one function": 1,
        "one function, use_cache=False": 2,
        "two lambdas": 2,
        "one function in two scopes": 2,
        "one function, two requests": 2,
    }


@often_said(
    "`Depends` builds heavy objects for each request.",
    "depends",
    "A function does; a callable instance, `Depends(Client())`, is one object for all.",
    step=1,
)
def test_a_function_builds_for_each_request_and_an_instance_is_there_once() -> None:
    assert provider_calls.instance_is_built_once_per_process() == {
        "Depends(get_client)": 100,
        "Depends(Client())": 1,
        "Depends(Client()), in two apps": 1,
    }


@often_said(
    "Any instance with `__call__` can stand in `Depends`.",
    "depends",
    "It must be hashable: an instance of a plain dataclass is accepted at registration and "
    "refused by the first request.",
    step=1,
)
def test_an_instance_of_a_plain_dataclass_is_refused_by_the_first_request_only() -> None:
    assert provider_calls.plain_dataclass_instance_is_unhashable() == {
        "plain, at registration": "accepted",
        "plain, at the first request": "TypeError: unhashable type: 'PageSize'",
        "frozen, at the first request": "200",
    }


@often_said(
    "FastAPI has the scopes request, session and singleton.",
    "never held",
    'It has `"function"` and `"request"`; it accepts the name `"singleton"`, and calls the '
    "provider for each request.",
    step=1,
)
def test_an_invented_scope_is_accepted_and_still_builds_for_each_request() -> None:
    assert provider_calls.scopes_that_exist() == {
        "declared": ["function", "request"],
        "singleton with return, three requests": 3,
        "singleton with yield, three requests": 3,
        "singleton and no scope, one request": 2,
    }
