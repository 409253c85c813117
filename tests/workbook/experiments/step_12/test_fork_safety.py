"""What notebook 12 says about an engine that was used before the fork."""

import pytest

from steps.workbook.experiments.step_12 import fork_safety
from tests.often_said import often_said

pytestmark = pytest.mark.skipif(
    not fork_safety.FORKS, reason="this system has no fork: run the tests on Linux or macOS"
)


@often_said(
    "An engine that is used before a fork can be used after it.",
    "never held",
    "Children share its connections, and read answers that belong to another child.",
    step=12,
)
def test_a_child_with_its_parents_connection_is_told_what_another_child_asked_for() -> None:
    assert fork_safety.what_grace_is_told() == {
        "inherit": "Ada",
        "forget_connections": "Grace",
        "open_another": "Grace",
    }


@often_said(
    "After a fork a child may dispose of its parent's engine.",
    "depends",
    "With `dispose(close=False)` it may; a child that closes the connections takes them from "
    "the parent.",
    step=12,
)
def test_a_child_that_closes_its_parents_connections_takes_them_from_the_parent() -> None:
    assert fork_safety.what_the_parent_is_told_after_a_child_has_ended() == {
        "forget_connections": "parent",
        "close_connections": "OperationalError",
    }
