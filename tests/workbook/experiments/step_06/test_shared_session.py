"""Two threads commit at once."""

import pytest

from steps.workbook.experiments.step_06 import shared_session


@pytest.fixture(scope="module")
def outcomes() -> dict[str, dict[str, object]]:
    return shared_session.two_commits_at_once()


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
