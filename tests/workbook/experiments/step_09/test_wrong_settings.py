"""What wrong settings do to a start."""

from steps.workbook.experiments.step_09 import wrong_settings
from tests.often_said import often_said


@often_said(
    "Wrong settings are found one at a time.",
    "depends",
    "With four wrong variables step 08 takes four starts to tell of them all, and step 09, "
    "which checks its configuration first, takes one.",
    step=9,
)
def test_step_08_tells_of_four_wrong_variables_in_four_starts_and_step_09_in_one() -> None:
    assert wrong_settings.starts_until_all_is_mended(8) == [
        ["DB_ECHO"],
        ["DATABASE_URL"],
        ["AWS_DEFAULT_REGION"],
        ["S3_ENDPOINT_URL"],
    ]
    assert wrong_settings.starts_until_all_is_mended(9) == [
        ["AWS_DEFAULT_REGION", "DATABASE_URL", "DB_ECHO", "S3_ENDPOINT_URL"]
    ]


@often_said(
    "A wrong setting is found before anything is opened.",
    "depends",
    "Step 09 opens nothing; step 08 opens an engine first.",
    step=9,
)
def test_step_08_opens_an_engine_before_it_finds_that_the_region_is_wrong() -> None:
    assert wrong_settings.opened_in_vain(8) == 1
    assert wrong_settings.opened_in_vain(9) == 0


def test_each_wrong_variable_has_a_line_and_none_its_value() -> None:
    lines = wrong_settings.all_that_is_wrong()

    assert [line.partition(":")[0] for line in lines] == list(wrong_settings.WRONG)
    assert "hunter2" not in "".join(lines)
