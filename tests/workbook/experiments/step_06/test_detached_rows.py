"""What a caller can read of what a decorated method returns."""

import pytest

from steps.workbook.experiments.step_06 import detached_rows
from tests.often_said import often_said


@pytest.fixture(scope="module")
def what_a_caller_reads() -> dict[str, str]:
    return detached_rows.what_a_caller_reads()


@often_said(
    "A decorated method may return the row.",
    "never held",
    "After the commit its attributes are read again, without a session: `DetachedInstanceError`.",
    step=6,
)
def test_a_row_that_leaves_its_session_cannot_be_read(what_a_caller_reads: dict[str, str]) -> None:
    assert what_a_caller_reads["just_return"] == "DetachedInstanceError"


@often_said(
    "A row cannot leave its session at all.",
    "never held",
    "With `expire_on_commit=False`, or mapped to a dataclass after the flush, it can be read.",
    step=6,
)
@pytest.mark.parametrize("way", ["just_return, expire_on_commit=False", "flush_and_map"])
def test_a_row_that_no_commit_expires_or_a_dataclass_can_be_read(
    way: str, what_a_caller_reads: dict[str, str]
) -> None:
    assert what_a_caller_reads[way] == "id 1, ada@example.com"


@often_said(
    "A new row knows its id.",
    "depends",
    "Before the flush its id is `None`.",
    step=6,
)
def test_before_the_flush_a_row_has_no_id(what_a_caller_reads: dict[str, str]) -> None:
    assert what_a_caller_reads["map_without_flush"] == "id None, ada@example.com"
