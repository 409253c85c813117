"""What dependency-injector's `Resource`s open and close, and in which order."""

from steps.workbook.experiments.step_09 import resource_order
from tests.often_said import often_said


@often_said(
    "A container closes its resources in reverse order.",
    "depends",
    "dependency-injector closes independent ones in the order in which it opened them, and "
    "that may be any.",
    step=9,
)
def test_independent_resources_open_in_any_order_and_close_in_the_same() -> None:
    assert resource_order.independent_resources() == {
        "more than one order": True,
        "closed in the same order": True,
        "closed in reverse": False,
    }


@often_said(
    "dependency-injector's resources close in any order.",
    "depends",
    "If each one names the one before as what it needs, they open in order and close in reverse.",
    step=9,
)
def test_resources_that_name_what_they_need_open_in_order_and_close_in_reverse() -> None:
    assert resource_order.resources_in_a_chain() == {
        "more than one order": False,
        "closed in the same order": False,
        "closed in reverse": True,
    }


@often_said(
    "When a `Resource` fails to open, those before it are closed.",
    "depends",
    "They are, if whoever opens them calls `shutdown_resources()`; if nobody does, they stay open.",
    step=9,
)
def test_who_opens_resources_closes_them_when_a_later_one_fails_to_open() -> None:
    opened = ["+engine", "+queue"]

    assert resource_order.a_resource_fails_to_open_and_nobody_shuts_down() == opened
    assert (
        resource_order.a_resource_fails_to_open()
        == resource_order.a_part_of_the_stack_fails_to_open()
        == [*opened, "-queue", "-engine"]
    )


@often_said(
    "A resource that fails to close does not affect the others.",
    "never held",
    "With dependency-injector's `shutdown_resources` the rest stays open.",
    step=9,
)
def test_a_resource_that_fails_to_close_keeps_the_rest_open() -> None:
    opened = ["+engine", "+queue", "+S3 client"]

    assert resource_order.a_resource_fails_to_close() == [*opened, "-S3 client", "-queue"]
    assert resource_order.a_part_of_the_stack_fails_to_close() == [
        *opened,
        "-S3 client",
        "-queue",
        "-engine",
    ]


def test_the_rest_is_closed_by_whoever_calls_again() -> None:
    assert resource_order.closing_again_closes_the_rest()[-2:] == ["again", "-engine"]
