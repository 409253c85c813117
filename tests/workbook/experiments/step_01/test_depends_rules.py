"""What the notebooks say about `Depends`, each claim seen to happen."""

from steps.workbook.experiments.step_01 import depends_rules


def test_parameters_are_read_at_registration_and_nothing_is_called_before_a_request() -> None:
    assert depends_rules.tree_is_built_at_registration() == {
        "registration": "parameters read",
        "start of the app": "nothing",
        "request 1": "called",
        "request 2": "called",
        "request 3": "called",
    }


def test_the_first_request_to_an_included_router_reads_the_parameters_once_more() -> None:
    seen = depends_rules.tree_of_an_included_router_is_built_again_by_the_first_request()

    assert seen == {
        "registration": "parameters read",
        "inclusion": "nothing",
        "start of the app": "nothing",
        "request 1": "parameters read, called",
        "request 2": "called",
    }


def test_only_the_same_function_in_the_same_scope_and_request_is_called_once() -> None:
    assert depends_rules.cache_lives_within_one_request() == {
        "one function": 1,
        "one function, use_cache=False": 2,
        "two lambdas": 2,
        "one function in two scopes": 2,
        "one function, two requests": 2,
    }


def test_a_function_builds_for_each_request_and_an_instance_is_there_once() -> None:
    assert depends_rules.function_builds_per_request_instance_per_process() == {
        "Depends(get_client)": 100,
        "Depends(Client())": 1,
        "Depends(Client()), in two apps": 1,
    }


def test_an_instance_of_a_plain_dataclass_is_refused_by_the_first_request_only() -> None:
    assert depends_rules.plain_dataclass_instance_is_unhashable() == {
        "plain, at registration": "accepted",
        "plain, at the first request": "TypeError: unhashable type: 'PageSize'",
        "frozen, at the first request": "200",
    }


def test_overriding_a_leaf_leaves_everything_above_it_real() -> None:
    assert depends_rules.override_of_one_leaves_the_rest() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_settings overridden": ["get_fake", "get_engine", "get_session"],
    }


def test_overriding_the_root_calls_nothing_below_it() -> None:
    assert depends_rules.override_of_root_skips_its_subtree() == {
        "no override": ["get_settings", "get_engine", "get_session"],
        "get_session overridden": ["get_fake"],
    }


def test_an_override_under_a_wrong_key_changes_nothing_and_says_nothing() -> None:
    calls = depends_rules.override_with_wrong_key_is_ignored()

    assert calls.pop("key: the function") == ["get_fake", "get_engine", "get_session"]
    assert list(calls) == [
        "key: its name",
        "key: a partial of it",
        "key: a function that nobody asks for",
    ]
    assert all(called == ["get_settings", "get_engine", "get_session"] for called in calls.values())


def test_a_field_more_in_the_aggregate_reaches_all_endpoints_unedited() -> None:
    assert depends_rules.one_aggregate_dependency() == {
        "/users, Repositories": ["users", "buckets"],
        "/buckets, Repositories": ["users", "buckets"],
        "/users, MoreRepositories": ["users", "buckets", "audit_events"],
        "/buckets, MoreRepositories": ["users", "buckets", "audit_events"],
    }


def test_outside_fastapi_a_service_receives_the_marker_in_place_of_its_repository() -> None:
    assert depends_rules.constructor_default_outside_fastapi() == {
        "inside FastAPI": "the user with the email ada@example.com",
        "outside, service.users": "a Depends object",
        "outside, service.find": (
            "AttributeError: 'Depends' object has no attribute 'get_by_email'"
        ),
    }


def test_where_nobody_resolves_the_marker_it_stays_a_truthy_default() -> None:
    assert depends_rules.marker_is_only_a_default_value() == {
        "lifespan": "a Depends object, truthy",
        "middleware": "a Depends object, truthy",
        "exception handler": "a Depends object, truthy",
        "background task": "a Depends object, truthy",
    }


def test_called_directly_the_default_style_deletes_and_the_annotated_style_raises() -> None:
    outcome = depends_rules.annotated_versus_default_called_directly()

    assert outcome == {
        "default, through FastAPI": "refused",
        "Annotated, through FastAPI": "refused",
        "default, called directly": "deleted",
        "Annotated, called directly": (
            "TypeError: delete_with_annotated() missing 1 required positional argument: 'admin'"
        ),
    }


def test_an_invented_scope_is_accepted_and_still_builds_for_each_request() -> None:
    assert depends_rules.scopes_that_exist() == {
        "declared": ["function", "request"],
        "singleton with return, three requests": 3,
        "singleton with yield, three requests": 3,
        "singleton and no scope, one request": 2,
    }


def test_a_parameter_named_auth_needs_the_header_auth_and_is_422_without_it() -> None:
    assert depends_rules.auth_header_parameter() == {
        "no header": 422,
        "Authorization: let me in": 422,
        "auth: something else": 401,
        "auth: let me in": 200,
    }


def test_each_def_dependency_is_a_thread_hop_and_an_async_one_is_none() -> None:
    assert depends_rules.where_dependencies_run() == {
        "async def runs on": "event loop",
        "def runs on": "worker thread",
        "thread hops of an async def": 0,
        "thread hops of a def": 1,
        "thread hops of a def with yield": 2,
        "thread hops of three chained defs": 3,
    }


def test_the_endpoint_sees_a_context_variable_only_if_it_was_set_in_an_async_def() -> None:
    assert depends_rules.context_variable_set_in_a_def_dependency() == {
        "set in def": "nobody",
        "set in async def": "Ada",
    }
