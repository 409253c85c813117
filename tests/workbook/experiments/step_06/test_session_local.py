"""A session factory that an import makes."""

from steps.workbook.experiments.step_06 import session_local
from tests.often_said import often_said


@often_said(
    "A `SessionLocal` of a module can be overridden in the container.",
    "never held",
    "The container knows nothing of it: the test's row lands in the other database.",
    step=6,
)
def test_an_override_in_the_container_does_not_reach_the_session_factory_of_a_module() -> None:
    assert session_local.where_the_row_is_after_an_override() == {
        "SessionLocal": "production",
        "step 06": "test",
    }
