"""What notebook 09 says of a start, an exit code, a framework and a container of one's own.

What it says of SIGTERM under load, tests/steps/test_step_09_two_tiers.py says, too.
"""

from steps.workbook.experiments.step_09 import two_tier_comparison, two_tier_configuration


def test_step_08_tells_of_four_wrong_variables_in_four_starts_and_step_09_in_one() -> None:
    assert two_tier_configuration.starts_until_all_is_mended(7) == [
        ["DB_ECHO"],
        ["DATABASE_URL"],
        ["AWS_DEFAULT_REGION"],
        ["S3_ENDPOINT_URL"],
    ]
    assert two_tier_configuration.starts_until_all_is_mended(8) == [
        ["AWS_DEFAULT_REGION", "DATABASE_URL", "DB_ECHO", "S3_ENDPOINT_URL"]
    ]


def test_step_08_opens_an_engine_before_it_finds_that_the_region_is_wrong() -> None:
    assert two_tier_configuration.opened_in_vain(7) == 1
    assert two_tier_configuration.opened_in_vain(8) == 0


def test_each_wrong_variable_has_a_line_and_none_its_value() -> None:
    lines = two_tier_configuration.all_that_is_wrong()

    assert [line.partition(":")[0] for line in lines] == list(two_tier_configuration.WRONG)
    assert "hunter2" not in "".join(lines)


def test_uvicorn_does_not_end_with_0_after_the_signal_and_step_09_does() -> None:
    assert two_tier_configuration.exit_codes() == {
        "python -m uvicorn": "not 0",
        "python -m steps.step_09_two_tiers": "0",
    }


def test_what_can_be_counted_does_not_favour_one_side_in_every_aspect() -> None:
    """`Depends` alone, with a lifespan, a container from a package, and one of our own."""
    aspects = two_tier_comparison.eight_aspects()
    lines = aspects.pop("running cost")

    assert list(lines.values()) == sorted(lines.values(), key=int)
    assert aspects == {
        "learning": {1: 1, 3: 1, 7: 7, 8: 1},
        "lifetime": {1: 3, 3: 1, 7: 1, 8: 1},
        "performance": {1: 7, 3: 7, 7: 1, 8: 0},
        "signatures": {1: 8, 3: 8, 7: 8, 8: 1},
        "visibility": {1: 3, 3: 3, 7: 1, 8: 2},
        "testing": {1: "2, 0", 3: "2, 1", 7: "1, 1", 8: "1, 1"},
        "reuse": {1: "no", 3: "no", 7: "yes", 8: "yes"},
    }


def test_a_handler_of_step_09_works_without_the_app_and_then_no_engine_opens() -> None:
    assert two_tier_comparison.replaced_and_opened_by_one_handler() == "1, 0"
