"""The workshop leader's guide, made from the exercises: `python -m steps.workbook guide`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from steps.workbook.catalogue import PROJECT, STEPS, find_step
from steps.workbook.exercising.exercises import Exercise, all_exercises, docstring_of

NOTEBOOKS = PROJECT / "notebooks"
FILE = NOTEBOOKS / "workshop.md"
SHOW_MINUTES = 6
"""What a leader needs to show one step's failure and its diff."""
READ_MINUTES = 45
"""What people need for a notebook that does not say so itself."""
BREAK_MINUTES = 10
TWO_HOURS, ONE_DAY = 120, 360
"""The minutes of the plans; a day is six hours without lunch."""

TEXT = """\
# How to lead a workshop

This page is made from the exercises: `python -m steps.workbook guide` writes it anew.

For each step, people work through its notebook first. Then they do its exercises, each at their own
speed, with `make watch STEP=3`. Who is done early goes on to the next letter. The minutes of a
notebook are those that its readers took; those of an exercise are its author's estimate.

## Two hours

For {show} minutes a step, you show how the step before it fails, and the diff:
`make diff STEP=3`. A step without exercises is left out.

{two_hours}

## The path, a day at a time

Everybody works through each notebook in `make lab`: every cell is run, and many are changed.

{path}

## A day more

For people whose service is asynchronous, has more than one entry point, or must stop cleanly.

{further}

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
    on_path = [exercise for exercise in exercises if find_step(exercise.step).part == "path"]
    path, further = (sittings_of(part) for part in ("path", "further"))
    tables = [f"### Day {n}\n\n{plan(day, breaks=4)}" for n, day in enumerate(days(path), start=1)]
    backend = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    (setuptools,) = re.findall(r'"setuptools==(.+?)"', backend)
    return TEXT.format(
        show=SHOW_MINUTES,
        two_hours=plan(shown(two_hours(on_path)), breaks=1),
        path="\n\n".join(tables),
        further=plan(further, breaks=4),
        setuptools=setuptools,
        mistakes="\n\n".join(_mistakes(exercises)),
    )


@dataclass(frozen=True)
class Sitting:
    """What people do about one step: `first` minutes with its notebook, then exercises."""

    number: int
    exercises: Sequence[Exercise]
    first: int

    @property
    def minutes(self) -> int:
        return self.first + sum(exercise.minutes for exercise in self.exercises)

    @property
    def idea(self) -> str:
        return find_step(self.number).idea if self.number else "the words"


def sittings_of(part: str) -> list[Sitting]:
    """Return a sitting for each notebook of a part; the one before the first step is the path's."""
    exercises = by_step(all_exercises())
    numbers = [step.number for step in STEPS if step.part == part]
    first = [0] if part == "path" else []
    return [Sitting(n, exercises.get(n, []), reading_minutes(n)) for n in (*first, *numbers)]


def by_step(exercises: Sequence[Exercise]) -> dict[int, list[Exercise]]:
    groups = groupby(exercises, key=lambda exercise: exercise.step)
    return {number: list(group) for number, group in groups}


def reading_minutes(number: int) -> int:
    """Return how long a notebook says that it takes."""
    texts = [path.read_text(encoding="utf-8") for path in NOTEBOOKS.glob(f"{number:02}_*.ipynb")]
    found = re.search(r"\bAbout (\d+) minutes", "".join(texts))
    return int(found[1]) if found else READ_MINUTES


def days(sittings: Sequence[Sitting]) -> list[list[Sitting]]:
    """Divide sittings into days, as many as fit into each."""
    divided: list[list[Sitting]] = [[]]
    for sitting in sittings:
        if total_of([*divided[-1], sitting], breaks=4) > ONE_DAY:
            divided.append([])
        divided[-1].append(sitting)
    return divided


def two_hours(exercises: Sequence[Exercise]) -> list[Exercise]:
    """Return what fits into two hours: the first of every step, then second ones from the front."""
    chosen: list[Exercise] = []
    for candidate in sorted(exercises, key=lambda e: e.key[::-1]):
        if total_of(shown([*chosen, candidate]), breaks=1) <= TWO_HOURS:
            chosen.append(candidate)
    return chosen


def shown(exercises: Iterable[Exercise]) -> list[Sitting]:
    """Return what a leader shows before these exercises, step by step."""
    groups = by_step(sorted(exercises, key=lambda exercise: exercise.key))
    return [Sitting(number, own, SHOW_MINUTES) for number, own in groups.items()]


def total_of(sittings: Iterable[Sitting], breaks: int) -> int:
    return sum(sitting.minutes for sitting in sittings) + BREAK_MINUTES * breaks


def plan(sittings: Sequence[Sitting], breaks: int) -> str:
    """Return a table of the plan, with its total."""
    rows = ["| step | new idea | exercises | minutes |", "|---|---|---|---|"]
    for sitting in sittings:
        names = "<br>".join(f"{e.key} {e.title} ({e.kind}, {e.minutes})" for e in sitting.exercises)
        cells = (f"{sitting.number:02}", sitting.idea, names, str(sitting.minutes))
        rows.append("|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|")
    pause = f"{breaks} times {BREAK_MINUTES} minutes" if breaks > 1 else f"{BREAK_MINUTES} minutes"
    rows.append(f"| | breaks | {pause} | {breaks * BREAK_MINUTES} |")
    rows.append(f"| | **together** | | **{total_of(sittings, breaks)}** |")
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
