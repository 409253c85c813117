"""Two threads commit at once."""

import pytest

from steps.workbook.experiments.step_06 import shared_session
from tests.often_said import often_said


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, object]]:
    return shared_session.two_commits_at_once()


@often_said(
    "A shared session is thread-safe.",
    "never held",
    "A commit during another one is refused; in this order of events, which the test holds "
    "still, the refused row is kept all the same.",
    step=6,
)
def test_a_shared_session_refuses_a_commit_during_another_and_keeps_what_it_refused(
    outcomes: dict[str, dict[str, object]],
) -> None:
    assert outcomes["one session for both"] == {
        "Ada": "committed",
        "Grace": "IllegalStateChangeError",
        "users kept": 2,
    }


def test_with_a_session_per_call_both_commit(outcomes: dict[str, dict[str, object]]) -> None:
    assert outcomes["a session per call"] == {
        "Ada": "committed",
        "Grace": "committed",
        "users kept": 2,
    }
