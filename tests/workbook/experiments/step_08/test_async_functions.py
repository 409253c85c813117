"""What has to become `async def`, and what stays as it was."""

from steps.workbook.experiments.step_08.async_functions import functions_that_are_async


def test_what_waits_for_the_database_is_async_and_what_never_waits_stays_plain() -> None:
    before, after = functions_that_are_async(7), functions_that_are_async(8)

    assert set(before) == set(after)
    assert (before["services.py"], after["services.py"]) == ("0 of 6", "5 of 6")
    assert (before["routes.py"], after["routes.py"]) == ("0 of 7", "5 of 7")
    assert (before["repositories.py"], after["repositories.py"]) == ("0 of 10", "5 of 10")
    assert (before["dependencies.py"], after["dependencies.py"]) == ("4 of 5", "5 of 5")
