"""Every exercise can be solved, is not solved yet, and refuses the wrong answers people give."""

import ast
import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest

from steps.workbook.catalogue import PROJECT, find_step
from steps.workbook.exercising.checking import CHECK_PROCESS
from steps.workbook.exercising.exercises import (
    ANSWERS,
    TESTS,
    Exercise,
    all_exercises,
    docstring_of,
)

EXERCISES = all_exercises()
MOST_LINES, MOST_CHANGED_LINES = 30, 10

each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.key)


def wrong_answers() -> Iterator[tuple[Exercise, str]]:
    for exercise in EXERCISES:
        for path in exercise.wrong_answers:
            yield exercise, path.parent.name


class Runs:
    """What the tests of the chosen exercises show of the answers in a folder, run once."""

    def __init__(self, chosen: Sequence[Exercise]) -> None:
        self._chosen = chosen
        self._of_folder: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def events(self, exercise: Exercise, folder: str, *kinds: str) -> list[dict[str, Any]]:
        if folder not in self._of_folder:
            self._of_folder[folder] = self._run(folder)
        return [e for e in self._of_folder[folder][exercise.name] if e["kind"] in kinds]

    def _run(self, folder: str) -> dict[str, list[dict[str, Any]]]:
        tests = [str(each.tests) for each in self._chosen if each.answer(folder).exists()]
        run = subprocess.run(  # noqa: S603
            [*CHECK_PROCESS, *tests],
            env={**os.environ, "WORKBOOK_ANSWERS": folder},
            cwd=PROJECT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        events = defaultdict(list)
        for line in run.stdout.splitlines():
            event = json.loads(line)
            events[event["file"].removeprefix("test_")].append(event)
        return events


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Runs:
    """Only of the exercises that this run of pytest is about, as with -k 03b."""
    parameters = (getattr(item, "callspec", None) for item in request.session.items)
    chosen = {spec.params.get("exercise") for spec in parameters if spec is not None}
    return Runs([exercise for exercise in EXERCISES if exercise in chosen])


@each_exercise
def test_the_solution_passes_every_task(exercise: Exercise, runs: Runs) -> None:
    passed = runs.events(exercise, "solution", "passes")

    assert runs.events(exercise, "solution", "fails", "broken") == []
    assert [event["task"] for event in passed] == [task.name for task in exercise.tasks]


@each_exercise
def test_the_starter_fails_in_the_words_of_a_task(exercise: Exercise, runs: Runs) -> None:
    (failure,) = runs.events(exercise, "starter", "fails")

    assert failure["what"], failure["error"]
    assert failure["why"]


@pytest.mark.parametrize(
    ("exercise", "folder"), list(wrong_answers()), ids=lambda value: getattr(value, "key", value)
)
def test_a_wrong_answer_fails_at_its_task_with_its_message(
    exercise: Exercise, folder: str, runs: Runs
) -> None:
    doc = docstring_of(exercise.answer(folder))
    task = re.search(r"^Rejected by: (\w+)$", doc, re.MULTILINE)
    message = re.search(r"^Message: (.+)$", doc, re.MULTILINE)
    thought = re.search(r"^People think: (.+)$", doc, re.MULTILINE)
    assert thought, doc
    assert task, doc
    assert message, doc

    failures = runs.events(exercise, folder, "fails")

    assert [failure["task"] for failure in failures] == [task[1]]
    assert failures[0]["what"], failures[0]["error"]
    said = " ".join(str(failures[0][part]) for part in ("what", "seen", "expected", "why"))
    assert message[1] in " ".join(said.split())


@each_exercise
def test_an_exercise_has_at_least_three_wrong_answers_that_differ(exercise: Exercise) -> None:
    answers = exercise.answer("solution"), exercise.answer("starter"), *exercise.wrong_answers
    codes = [ast.dump(_without_docstring(path)) for path in answers]

    assert len(codes) >= 5
    assert len(set(codes)) == len(codes)


def _without_docstring(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return ast.Module(tree.body[1:], [])


@each_exercise
def test_an_exercise_is_short_and_keeps_its_form(exercise: Exercise) -> None:
    starter = exercise.answer("starter").read_text(encoding="utf-8").splitlines()
    code = [line for line in _code(exercise.answer("starter")) if line.strip()]
    solved = [line for line in _code(exercise.answer("solution")) if line.strip()]

    assert exercise.doc.startswith(f"{exercise.key} ")
    assert len(starter) <= MOST_LINES
    assert any("TODO" in line for line in starter)
    assert not any("TODO" in line for line in solved)
    assert len([line for line in solved if line not in code]) <= MOST_CHANGED_LINES
    assert exercise.kind in ("predict", "repair", "build")
    if exercise.kind == "predict":
        assert all(re.search(rf"\b{task.about}\b.*=", "\n".join(code)) for task in exercise.tasks)
        assert all(task.about.isupper() for task in exercise.tasks)
    assert 1 <= exercise.minutes <= 30
    assert len(exercise.hints) >= 2
    assert exercise.explanation
    assert max(map(len, starter)) <= 88  # an editor beside a terminal


def _code(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    return lines[tree.body[0].end_lineno :]


@each_exercise
def test_the_section_to_read_exists(exercise: Exercise) -> None:
    number, heading = re.fullmatch(r"notebook (\d\d), (.+)", exercise.section).groups()  # type: ignore[union-attr]
    (path,) = (PROJECT / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")

    assert heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert int(number) == exercise.step


def test_a_step_has_at_most_three_exercises_with_rising_minutes() -> None:
    for step, group in groupby(EXERCISES, key=lambda exercise: exercise.step):
        of_step = list(group)
        assert find_step(step).number == step
        assert [exercise.key for exercise in of_step] == [
            f"{step:02}{letter}" for letter in "abc"[: len(of_step)]
        ]
        assert all(a.minutes <= b.minutes for a, b in pairwise(of_step))


only_in_ci = pytest.mark.skipif(
    "CI" not in os.environ, reason="a learner's exercises differ: CI=1 pytest"
)


@only_in_ci
def test_no_exercise_lacks_a_part() -> None:
    names = {path.stem.removeprefix("test_") for path in TESTS.glob("test_ex_*.py")}
    names |= {path.stem for path in ANSWERS.glob("*/ex_*.py")}

    assert names == {exercise.name for exercise in EXERCISES}


@only_in_ci
@each_exercise
def test_what_the_learner_finds_is_the_starter(exercise: Exercise) -> None:
    assert exercise.file.read_bytes() == exercise.answer("starter").read_bytes()
