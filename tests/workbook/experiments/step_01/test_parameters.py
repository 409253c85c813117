"""What the parameters of a function receive."""

from steps.workbook.experiments.step_01 import parameters
from tests.often_said import often_said


@often_said(
    "Each new dependency means to edit every endpoint.",
    "depends",
    "If one class gathers the dependencies, a new field reaches all endpoints, and none is edited.",
    step=1,
)
def test_a_field_more_in_the_aggregate_reaches_all_endpoints_unedited() -> None:
    assert parameters.one_aggregate_dependency() == {
        "/users, Repositories": ["users", "buckets"],
        "/buckets, Repositories": ["users", "buckets"],
        "/users, MoreRepositories": ["users", "buckets", "audit_events"],
        "/buckets, MoreRepositories": ["users", "buckets", "audit_events"],
    }


@often_said(
    "A constructor may default to `Depends(...)`.",
    "depends",
    "Inside FastAPI it may; anybody else's call hands it a `Depends` object, and it fails "
    "when that is used.",
    step=1,
)
def test_outside_fastapi_a_service_receives_the_marker_in_place_of_its_repository() -> None:
    assert parameters.constructor_default_outside_fastapi() == {
        "inside FastAPI": "the user with the email ada@example.com",
        "outside, service.users": "a Depends object",
        "outside, service.find": (
            "AttributeError: 'Depends' object has no attribute 'get_by_email'"
        ),
    }


@often_said(
    "`Depends` works everywhere in FastAPI.",
    "never held",
    "In a lifespan, a middleware, an exception handler and a background task it is a "
    "default value that counts as true.",
    step=1,
)
def test_where_nobody_resolves_the_marker_it_stays_a_truthy_default() -> None:
    assert parameters.marker_is_only_a_default_value() == {
        "lifespan": "a Depends object, truthy",
        "middleware": "a Depends object, truthy",
        "exception handler": "a Depends object, truthy",
        "background task": "a Depends object, truthy",
    }


@often_said(
    "`x = Depends(f)` and `Annotated[X, Depends(f)]` are the same.",
    "depends",
    "Called by FastAPI they are; called directly, the annotated one raises a `TypeError`, and"
    " the other one goes on with a marker that counts as true.",
    step=1,
)
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


@often_said(
    "`auth: str = Header()` reads the header `Authorization`.",
    "never held",
    "It reads the header `auth`: with `Authorization` alone the answer is 422.",
    step=1,
)
@often_said(
    "A provider that checks a header answers 401 when it is missing.",
    "depends",
    "A missing header is a 422 before your code runs, and a parameter named `auth` reads "
    "the header `auth`.",
    step=1,
)
def test_a_parameter_named_auth_needs_the_header_auth_and_is_422_without_it() -> None:
    assert parameters.auth_header_parameter() == {
        "no header": 422,
        "Authorization: let me in": 422,
        "auth: something else": 401,
        "auth: let me in": 200,
    }
