"""What still runs when a request ends in an error."""

from steps.workbook.experiments.step_01 import after_errors
from tests.often_said import often_said


@often_said(
    "Clean-up after a `yield` is automatic.",
    "depends",
    "Only `finally` and `with` are. Code after a bare `yield` is skipped when an error is "
    "thrown in; a returned 400 is no error, and commits.",
    step=1,
)
def test_only_finally_runs_on_errors_and_a_returned_400_is_none() -> None:
    assert after_errors.what_runs_after_a_yield() == {
        "return 1": "200: opened, after the yield, finally",
        "return 400": "400: opened, after the yield, finally",
        "raise 404": "404: opened, finally",
        "raise ValueError": "500: opened, finally",
        "return no int": "500: opened, finally",
        "body without its field": "422: opened, finally",
        "body that is no JSON": "422: never opened",
        "bad parameter of the provider": "422: never opened",
    }
