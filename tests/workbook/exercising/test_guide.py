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


def table_below(heading: str) -> str:
    return re.split(r"\n##", guide.guide().split(f"# {heading}\n")[1])[0]


def days() -> list[str]:
    return [f"Day {number}" for number in map(int, re.findall(r"# Day (\d+)", guide.guide()))]


def test_the_totals_are_the_sums_of_their_tables_and_fit_their_time() -> None:
    plans = {"Two hours": guide.TWO_HOURS, "A day more": guide.ONE_DAY}
    for heading, most in (plans | dict.fromkeys(days(), guide.ONE_DAY)).items():
        table = table_below(heading)
        *rows, total = [int(n) for n in re.findall(r"\| \**(\d+)\** \|$", table, re.MULTILINE)]
        assert sum(rows) == total <= most


def test_two_hours_see_the_path_and_the_days_every_notebook_and_exercise() -> None:
    shown = re.findall(r"^\| (\d\d) \|", table_below("Two hours"), re.MULTILINE)
    read = "".join(map(table_below, [*days(), "A day more"]))

    assert shown == sorted({f"{e.step:02}" for e in EXERCISES if find_step(e.step).part == "path"})
    numbers = [path.name[:2] for path in sorted(guide.NOTEBOOKS.glob("[0-9]*.ipynb"))]
    assert re.findall(r"^\| (\d\d) \|", read, re.MULTILINE) == numbers
    assert [read.count(f"{e.key} {e.title}") for e in EXERCISES] == [1] * len(EXERCISES)


def test_every_wrong_answer_is_told_once() -> None:
    told = guide.guide().split("## What people get wrong")[1]
    wrong = [path for e in EXERCISES for path in e.wrong_answers]

    assert told.count("\n- ") == len(wrong)
