"""A commit that is forgotten, or comes too early."""

from steps.step_07_context_manager.services import UserService
from steps.workbook.experiments.step_07 import forgotten_commits
from tests.often_said import often_said


@often_said(
    "What is written in the block is committed with it.",
    "depends",
    "A write after the commit is undone when the block ends.",
    step=7,
)
def test_a_write_after_the_commit_of_its_block_is_lost() -> None:
    assert forgotten_commits.a_write_after_the_commit_is_lost() == ["ada"]


@often_said(
    "A fake in memory cannot find a forgotten commit.",
    "depends",
    "One that keeps only what is committed finds it.",
    step=7,
)
def test_an_in_memory_unit_of_work_sees_a_forgotten_commit() -> None:
    assert forgotten_commits.users_kept_in_memory(UserService) == 1
    assert forgotten_commits.users_kept_in_memory(forgotten_commits.ForgetfulService) == 0
