"""The workshop leader's guide says what the exercises say."""

import re

from steps.workbook.exercising import guide
from steps.workbook.exercising.exercises import ANSWERS, all_exercises

EXERCISES = all_exercises()


def test_the_guide_is_the_one_that_the_exercises_make() -> None:
    assert guide.FILE.read_text(encoding="utf-8") == guide.guide(), (
        "Make it anew: python -m steps.workbook guide"
    )


def test_the_totals_are_the_sums_of_their_tables_and_fit_their_time() -> None:
    text = guide.guide()
    for heading, most in (("Two hours", guide.TWO_HOURS), ("One day", guide.ONE_DAY)):
        table = text.split(f"## {heading}\n")[1].split("\n## ")[0]
        *rows, total = [int(n) for n in re.findall(r"\| \**(\d+)\** \|$", table, re.MULTILINE)]
        assert sum(rows) == total <= most


def test_two_hours_see_every_step_and_a_day_every_exercise() -> None:
    chosen = guide.two_hours(EXERCISES)
    day = guide.guide().split("## One day\n")[1].split("\n## ")[0]

    assert {e.step for e in chosen} == {e.step for e in EXERCISES}
    assert all(f"{e.key} {e.title}" in day for e in EXERCISES)


def test_every_wrong_answer_is_told_once() -> None:
    told = guide.guide().split("## What people get wrong")[1]
    wrong = [path for e in EXERCISES for path in ANSWERS.glob(f"wrong_*/{e.name}.py")]

    assert told.count("\n- ") == len(wrong)
