"""Methods whose body runs after their call."""

import pytest

from steps.workbook.experiments.step_06 import late_bodies
from tests.often_said import often_said


@often_said(
    "What a decorated generator writes is committed when it ends.",
    "never held",
    "No transaction is open when its body begins, and nobody commits the one that it begins.",
    step=6,
)
@pytest.mark.parametrize("method", ["add_later", "stream_new_ids"])
def test_without_a_check_nobody_commits_or_ends_what_the_body_begins(method: str) -> None:
    outcomes = late_bodies.without_a_check_the_body_is_in_a_transaction_of_nobody()
    assert outcomes[method] == {
        "transaction open when the body begins": False,
        "connections in use while the session lives": 1,
        "users kept": 0,
    }


@often_said(
    "A session decorator works on `async def` and generators.",
    "never held",
    "The session would close before the body runs, so that step 06's refuses them when it is "
    "applied.",
    step=6,
)
def test_step_06_refuses_what_runs_after_its_call() -> None:
    assert late_bodies.step_06_refuses_what_runs_after_its_call() == [
        f"TypeError: {method}: its session would close before its body runs"
        for method in ("add_later", "stream_new_ids", "stream_later")
    ]
