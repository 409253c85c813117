"""A session factory that an import makes."""

from steps.workbook.experiments.step_06 import session_local


def test_an_override_in_the_container_does_not_reach_the_session_factory_of_a_module() -> None:
    assert session_local.where_the_row_is_after_an_override() == {
        "SessionLocal": "production",
        "step 06": "test",
    }
