"""What still runs when a request ends in an error."""

from steps.workbook.experiments.step_01 import after_errors
from tests.often_said import often_said


@often_said(
    "An error that the client sees skips the commit.",
    "depends",
    "A raised `HTTPException` skips what stands behind a bare `yield`; a returned answer with"
    " the status 400 does not.",
    step=1,
)
@often_said(
    "Clean-up after a `yield` is automatic.",
    "depends",
    "Once the provider has come to its `yield`, its `finally` always runs; what stands behind a "
    "bare `yield` is skipped when the endpoint raises, or its answer does not fit the response "
    "model.",
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
