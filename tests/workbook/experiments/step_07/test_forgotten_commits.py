"""A commit that is forgotten, or comes too early."""

from steps.step_07_context_manager.services import UserService
from steps.workbook.experiments.step_07 import forgotten_commits


def test_a_forgotten_commit_answers_201_and_keeps_nothing() -> None:
    assert forgotten_commits.a_forgotten_commit_answers_201_and_keeps_nothing() == {
        "POST /users": 201,
        "GET /users/1": 404,
    }


def test_a_write_after_the_commit_of_its_block_is_lost() -> None:
    assert forgotten_commits.a_write_after_the_commit_is_lost() == ["ada"]


def test_an_in_memory_unit_of_work_sees_a_forgotten_commit() -> None:
    assert forgotten_commits.users_kept_in_memory(UserService) == 1
    assert forgotten_commits.users_kept_in_memory(forgotten_commits.ForgetfulService) == 0
