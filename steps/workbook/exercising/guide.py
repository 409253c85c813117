"""The workshop leader's guide, made from the exercises: `python -m steps.workbook guide`."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from steps.workbook.catalogue import PROJECT, find_step
from steps.workbook.exercising.exercises import Exercise, all_exercises, docstring_of

FILE = PROJECT / "notebooks" / "workshop.md"
SHOW_MINUTES = 6
"""What a leader needs to show one step's failure and its diff."""
READ_MINUTES = 20
"""What people need to run one notebook themselves, before its exercises."""
BREAK_MINUTES = 10
TWO_HOURS, ONE_DAY, HALF_A_DAY = 120, 360, 180
"""The minutes of the plans; a day is six hours without lunch."""

TEXT = """\
# How to lead a workshop

This page is made from the exercises: `python -m steps.workbook guide` writes it anew.

For each step, people meet its notebook first. Then they do its exercises, each at their own speed,
with `make watch STEP=3`. Who is done early goes on to the next letter. The minutes of an exercise
are its author's estimate. A step without exercises is in no plan.

## Two hours

For {show} minutes a step, you show how the step before it fails, and the diff:
`make diff STEP=3`.

{two_hours}

## One day

Everybody runs each notebook, {read} minutes a step, in `make lab`.

{one_day}

## Half a day more

For people whose service is asynchronous, has more than one entry point, or must stop cleanly.

{half_a_day}

## Before the day, without network

On a machine of the same kind, with the same Python and a network, in this folder:

```console
python3 -m pip download --requirement constraints.txt setuptools=={setuptools} --dest wheels
```

Carry this folder with `wheels` to each machine:

```console
PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels make .venv/ready
```

No exercise needs a network, Docker or a server started by hand. A machine is ready when
`.venv/bin/python -m pytest tests/exercises/test_answers.py` is green.

## What people get wrong

Each of these is an answer in `tests/exercises/answers` that the tests refuse.

{mistakes}
"""


def guide() -> str:
    """Return the guide's text."""
    exercises = all_exercises()
    path = [exercise for exercise in exercises if find_step(exercise.step).part == "path"]
    further = [exercise for exercise in exercises if exercise not in path]
    backend = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    (setuptools,) = re.findall(r'"setuptools==(.+?)"', backend)
    return TEXT.format(
        show=SHOW_MINUTES,
        read=READ_MINUTES,
        two_hours=plan(two_hours(path), SHOW_MINUTES, breaks=1),
        one_day=plan(path, READ_MINUTES, breaks=4),
        half_a_day=plan(further, READ_MINUTES, breaks=1),
        setuptools=setuptools,
        mistakes="\n\n".join(_mistakes(exercises)),
    )


def two_hours(exercises: Sequence[Exercise]) -> list[Exercise]:
    """Return what fits into two hours: the first of every step, then second ones from the front."""
    chosen: list[Exercise] = []
    for candidate in sorted(exercises, key=lambda e: e.key[::-1]):
        if minutes_of([*chosen, candidate], SHOW_MINUTES, breaks=1) <= TWO_HOURS:
            chosen.append(candidate)
    return sorted(chosen, key=lambda exercise: exercise.key)


def minutes_of(exercises: Sequence[Exercise], reading: int, breaks: int) -> int:
    """Return how long a plan takes: `reading` minutes for each step, exercises and breaks."""
    steps = {exercise.step for exercise in exercises}
    doing = sum(exercise.minutes for exercise in exercises)
    return doing + reading * len(steps) + BREAK_MINUTES * breaks


def plan(exercises: Sequence[Exercise], reading: int, breaks: int) -> str:
    """Return a table of the plan, with its total."""
    rows = ["| step | new idea | exercises | minutes |", "|---|---|---|---|"]
    for number, group in groupby(exercises, key=lambda exercise: exercise.step):
        own = list(group)
        names = "<br>".join(f"{e.key} {e.title} ({e.kind}, {e.minutes})" for e in own)
        idea = find_step(number).idea
        rows.append(f"| {number:02} | {idea} | {names} | {minutes_of(own, reading, breaks=0)} |")
    pause = f"{breaks} times {BREAK_MINUTES} minutes" if breaks > 1 else f"{BREAK_MINUTES} minutes"
    rows.append(f"| | breaks | {pause} | {breaks * BREAK_MINUTES} |")
    rows.append(f"| | **together** | | **{minutes_of(exercises, reading, breaks)}** |")
    return "\n".join(rows)


def _mistakes(exercises: Iterable[Exercise]) -> Iterable[str]:
    for exercise in exercises:
        thoughts = []
        for path in exercise.wrong_answers:
            match = re.search(r"^People think: (.+)$", docstring_of(path), re.MULTILINE)
            thoughts += [f"- {match[1]}"] if match else []
        yield "\n".join([f"**{exercise.key} {exercise.title}**", "", *thoughts])


def write() -> int:
    """Write the guide. Returns the exit code."""
    FILE.write_text(guide(), encoding="utf-8", newline="\n")
    return 0
