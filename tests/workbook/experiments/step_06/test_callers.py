"""What step 05 asks of those who call it, and step 06 does not."""

from steps.workbook.experiments.step_06 import callers

EXPECTS_A_SESSION = "missing 1 required positional argument: 'session'"


def test_in_step_05_a_script_makes_the_session_hands_it_over_and_commits() -> None:
    assert callers.script_in_step_05() == "ada@example.com is signed up"


def test_in_step_06_a_script_calls_the_use_case() -> None:
    assert callers.script_in_step_06() == "ada@example.com is signed up"


def test_in_step_05_the_container_makes_no_service_without_a_session() -> None:
    error = callers.script_in_step_05_without_a_session()
    assert error == f"TypeError: UserRepository.__init__() {EXPECTS_A_SESSION}"


def test_in_step_05_a_script_that_forgets_the_commit_loses_its_rows_without_an_error() -> None:
    assert callers.users_after_a_script_without_a_commit() == 0


def test_two_functions_of_step_05_have_a_session_in_their_signature_and_none_of_step_06() -> None:
    assert callers.signatures_with_a_session() == {
        "step 05": ["dependencies.get_session", "dependencies.get_user_service"],
        "step 06": [],
    }
