"""Step 03's use cases need FastAPI, or somebody's hands."""

from steps.workbook.experiments.step_03 import tied_to_fastapi


def test_nobody_but_fastapi_builds_the_user_service() -> None:
    error = tied_to_fastapi.user_service_without_arguments()
    assert error.startswith("TypeError: UserService.__init__() missing 3 required")


def test_a_script_can_wire_the_user_service_by_hand() -> None:
    assert tied_to_fastapi.user_service_wired_by_hand() == "ada@example.com is signed up"
