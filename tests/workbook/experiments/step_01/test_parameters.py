"""What the parameters of a function receive."""

from steps.workbook.experiments.step_01 import parameters


def test_a_field_more_in_the_aggregate_reaches_all_endpoints_unedited() -> None:
    assert parameters.one_aggregate_dependency() == {
        "/users, Repositories": ["users", "buckets"],
        "/buckets, Repositories": ["users", "buckets"],
        "/users, MoreRepositories": ["users", "buckets", "audit_events"],
        "/buckets, MoreRepositories": ["users", "buckets", "audit_events"],
    }


def test_outside_fastapi_a_service_receives_the_marker_in_place_of_its_repository() -> None:
    assert parameters.constructor_default_outside_fastapi() == {
        "inside FastAPI": "the user with the email ada@example.com",
        "outside, service.users": "a Depends object",
        "outside, service.find": (
            "AttributeError: 'Depends' object has no attribute 'get_by_email'"
        ),
    }


def test_where_nobody_resolves_the_marker_it_stays_a_truthy_default() -> None:
    assert parameters.marker_is_only_a_default_value() == {
        "lifespan": "a Depends object, truthy",
        "middleware": "a Depends object, truthy",
        "exception handler": "a Depends object, truthy",
        "background task": "a Depends object, truthy",
    }


def test_called_directly_the_default_style_deletes_and_the_annotated_style_raises() -> None:
    outcome = parameters.annotated_versus_default_called_directly()

    assert outcome == {
        "default, through FastAPI": "refused",
        "Annotated, through FastAPI": "refused",
        "default, called directly": "deleted",
        "Annotated, called directly": (
            "TypeError: delete_with_annotated() missing 1 required positional argument: 'admin'"
        ),
    }


def test_a_parameter_named_auth_needs_the_header_auth_and_is_422_without_it() -> None:
    assert parameters.auth_header_parameter() == {
        "no header": 422,
        "Authorization: let me in": 422,
        "auth: something else": 401,
        "auth: let me in": 200,
    }
