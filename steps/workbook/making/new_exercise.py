"""A new exercise in the form that `tests/exercises/test_answers.py` wants, to be filled in."""

import json
import re
from string import ascii_lowercase

from steps.workbook.catalogue import PROJECT, Step, find_step
from steps.workbook.exercising import guide
from steps.workbook.exercising.exercises import Exercise, all_exercises
from steps.workbook.making.todo import listed
from steps.workbook.making.writing import CannotMake, all_or_nothing

MOST_OF_A_STEP = 3
USUAL_MINUTES = 5
WRONG = {"wrong_1": 2, "wrong_2": 3, "wrong_3": 4}
"""What the answers return that somebody believes in. The starter returns 1, the solution 42."""

STARTER = '''\
"""{key} · {title} · repair · {minutes} minutes

Read notebook {step:02}, "{section}".
TODO: what is wrong, and what to make of it.
Then run: make exercise STEP={step}
"""


def answer() -> int:
    return 1  # TODO: what to change here
'''

SOLUTION = '''\
"""TODO: why this is the solution, in a few sentences."""


def answer() -> int:
    return 42
'''

WRONG_ANSWER = '''\
"""
People think: TODO: what somebody believes who gives this answer.
Rejected by: test_the_answer_is_right
Message: TODO: words
"""


def answer() -> int:
    return {answer}
'''

TASKS = '''\
"""Exercise {key}: TODO: what it is about."""

from steps.exercises import {name} as exercise
from tests.exercises.checks import expect


def test_the_answer_is_right() -> None:  # TODO: name what there is to learn
    expect(
        "The answer",
        seen=exercise.answer(),
        expected=42,
        why="TODO: words for whoever believed something else.",
    )
'''

HINTS = """\
TODO: a question that leads to where the answer is.
---
TODO: what gives the answer away.
"""


def new_exercise(of_step: str, name: str) -> int:
    """Write an exercise and tell where its author goes on. Returns the exit code.

    Raises UnknownStep, and CannotMake for a name that cannot be, for a step that has enough of
    them, or one without a notebook to read; then nothing is written.
    """
    step = find_step(of_step)
    exercise = _next_exercise(step, name)
    words = name.replace("_", " ")
    parts = {
        "key": exercise.key,
        "name": exercise.name,
        "step": step.number,
        "title": words[:1].upper() + words[1:],
        "minutes": max([USUAL_MINUTES, *(e.minutes for e in _exercises_of(step))]),
        "section": _section_of(step),
    }
    with all_or_nothing() as changes:
        changes.create(exercise.answer("starter"), STARTER.format(**parts))
        changes.create(exercise.file, STARTER.format(**parts))
        changes.create(exercise.tests, TASKS.format(**parts))
        changes.create(exercise.answer("solution"), SOLUTION)
        for folder, answer in WRONG.items():
            changes.create(exercise.answer(folder), WRONG_ANSWER.format(answer=answer))
        changes.create(exercise.hints_file, HINTS)
        changes.change(guide.FILE, guide.guide())
    print(f"Exercise {exercise.key} is there, to be filled in:")
    made = [path for path in changes.files if path not in (exercise.file, guide.FILE)]
    print(listed(made))
    print(f"Give the learner the starter that you have written: make reset STEP={exercise.key}")
    print("Check its form, and write the leader's guide anew: make fix check")
    print(f"Check its answers: pytest tests/exercises/test_answers.py -k {exercise.key}")
    return 0


def _exercises_of(step: Step) -> list[Exercise]:
    return [exercise for exercise in all_exercises() if exercise.step == step.number]


def _next_exercise(step: Step, name: str) -> Exercise:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise CannotMake(f"{name!r} is no name: use a to z, 0 to 9 and _, as in NAME=my_question.")
    for known in all_exercises():
        if known.name.split("_", 2)[2] == name:
            raise CannotMake(f"There is an exercise of that name: {known.name}.")
    number = len(_exercises_of(step))
    if number >= MOST_OF_A_STEP:
        raise CannotMake(f"Step {step.number:02} has {number} exercises, and more are too many.")
    return Exercise(f"ex_{step.number:02}{ascii_lowercase[number]}_{name}")


def _section_of(step: Step) -> str:
    """Return the first heading of the step's notebook, for whoever does not choose a better one."""
    path = PROJECT / "notebooks" / f"{step.name.removeprefix('step_')}.ipynb"
    if not path.exists():
        raise CannotMake(f"Step {step.number:02} has no notebook to read: write {path.name} first.")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    first: str = re.findall(r"^##+ (.+)$", text, re.MULTILINE)[0]
    return first
