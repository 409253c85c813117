"""The workshop leader's guide says what the exercises say."""

import re

from steps.workbook.catalogue import find_step
from steps.workbook.exercising import guide
from steps.workbook.exercising.exercises import all_exercises

EXERCISES = all_exercises()


def test_the_guide_is_the_one_that_the_exercises_make() -> None:
    assert guide.FILE.read_text(encoding="utf-8") == guide.guide(), (
        "Make it anew: python -m steps.workbook guide"
    )


def test_the_totals_are_the_sums_of_their_tables_and_fit_their_time() -> None:
    text = guide.guide()
    for heading, most in (
        ("Two hours", guide.TWO_HOURS),
        ("One day", guide.ONE_DAY),
        ("Half a day more", guide.HALF_A_DAY),
    ):
        table = text.split(f"## {heading}\n")[1].split("\n## ")[0]
        *rows, total = [int(n) for n in re.findall(r"\| \**(\d+)\** \|$", table, re.MULTILINE)]
        assert sum(rows) == total <= most


def test_two_hours_see_the_path_and_one_and_a_half_days_every_exercise() -> None:
    text = guide.guide()
    two_hours = text.split("## Two hours\n")[1].split("\n## ")[0]
    days = text.split("## One day\n")[1].split("## Before the day")[0]

    path = sorted({e.step for e in EXERCISES if find_step(e.step).part == "path"})
    assert re.findall(r"^\| (\d\d) \|", two_hours, re.MULTILINE) == [f"{n:02}" for n in path]
    assert [days.count(f"{e.key} {e.title}") for e in EXERCISES] == [1] * len(EXERCISES)


def test_every_wrong_answer_is_told_once() -> None:
    told = guide.guide().split("## What people get wrong")[1]
    wrong = [path for e in EXERCISES for path in e.wrong_answers]

    assert told.count("\n- ") == len(wrong)
