"""What notebook 05 says of mistakes with `@inject` and `wire`."""

from steps.workbook.experiments.step_05 import wiring_mistakes
from steps.workbook.experiments.step_05.wiring_mistakes import NO_WARNING
from tests.often_said import often_said

HASHED = "hash by the container"
MARKER = "AttributeError: 'Provide' object has no attribute 'hash'"
UNRESOLVED = "Unresolved marker hasher in typo_in_a_string.<locals>.hash_password"
NOT_REQUIRED = "@inject is not required here"


def test_inject_below_the_route_decorator_of_a_wired_module_swaps_the_marker() -> None:
    assert wiring_mistakes.inject_below_the_route_decorator()["request"] == HASHED


@often_said(
    "`Provide[X]` makes a getter for `Depends`.",
    "never held",
    "It is a marker: without `@inject` the endpoint gets the marker itself, and nothing warns.",
    step=5,
)
def test_without_inject_the_endpoint_gets_the_marker_and_nothing_warns() -> None:
    assert wiring_mistakes.no_inject() == {
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": NO_WARNING,
        "request": MARKER,
    }


@often_said(
    "`@inject` may stand above the route decorator.",
    "never held",
    "FastAPI has taken the function by then: the endpoint gets the marker, and nothing warns.",
    step=5,
)
def test_inject_above_the_route_decorator_comes_too_late_and_nothing_warns() -> None:
    assert wiring_mistakes.inject_above_the_route_decorator() == wiring_mistakes.no_inject()


def test_in_a_module_that_nobody_wired_the_endpoint_gets_the_marker_and_nothing_warns() -> None:
    assert wiring_mistakes.module_that_nobody_wired() == wiring_mistakes.no_inject()


@often_said(
    "A wrong string id is an error.",
    "depends",
    "With `warn_unresolved=True` wiring warns; without it nothing does.",
    step=5,
)
def test_a_typo_in_a_string_shows_only_when_wiring_is_told_to_warn() -> None:
    assert wiring_mistakes.typo_in_a_string() == {
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": UNRESOLVED,
        "request": MARKER,
    }


@often_said(
    "`from __future__ import annotations` and `@inject` get along.",
    "never held",
    "The endpoint gets the marker; the only warning is that `@inject` is not required.",
    step=5,
)
def test_annotations_as_strings_hide_the_marker_from_inject_which_warns_in_other_words() -> None:
    assert wiring_mistakes.annotations_as_strings() == {
        "@inject": NOT_REQUIRED,
        "wire(...)": NO_WARNING,
        "wire(..., warn_unresolved=True)": NO_WARNING,
        "request": MARKER,
    }


@often_said(
    "dependency-injector warns of wrong wiring.",
    "depends",
    "Of five mistakes three pass without any warning, even with `warn_unresolved=True`.",
    step=5,
)
def test_of_five_mistakes_three_pass_without_any_warning() -> None:
    assert wiring_mistakes.what_each_mistake_warns_of() == {
        "no @inject": NO_WARNING,
        "@inject above the route decorator": NO_WARNING,
        "module that nobody wired": NO_WARNING,
        "typo in a string": UNRESOLVED,
        "annotations as strings": NOT_REQUIRED,
    }
