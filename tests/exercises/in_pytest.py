"""How plain pytest, and with it an editor, meets the exercises. `make exercise` does without."""

import re
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from steps.workbook.exercising.exercises import Exercise, all_exercises
from tests.exercises.checks import Unmet

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Run an exercise only where somebody names its file, this folder, or it with `-k ex_03b`.

    So all tests are green whatever a learner has written. To list the tests, as an editor does, is
    not to run them: it shows every exercise.
    """
    path = collection_path.resolve()
    if path.parent != HERE or not path.name.startswith("test_ex_"):
        return None
    named = _named(config)
    if path in named:
        return None
    asked_for = (
        HERE in named
        or config.option.collectonly
        or any(words in path.name for words in _names_in(config.option.keyword))
    )
    return None if asked_for and _exercise_of(path).is_whole else True


def _named(config: pytest.Config) -> set[Path]:
    """Return the files and folders that this run is about."""
    names = {argument.partition("::")[0] for argument in config.args}
    return {(config.invocation_params.dir / name).resolve() for name in names}


def _names_in(keyword: str) -> list[str]:
    return re.findall(r"ex_\d\w*", keyword)


def _exercise_of(tests: Path) -> Exercise:
    return Exercise(tests.stem.removeprefix("test_"))


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    if module_path.resolve().parent != HERE or not _exercise_of(module_path).is_whole:
        return None
    return Tasks.from_parent(parent, path=module_path)


class Tasks(pytest.Module):
    """The tests of an exercise. Where the learner's file does not load, each of them says so.

    They are there even then: if one test that an editor names were missing, pytest would run none.
    """

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        try:
            return super().collect()
        except (Exception, SystemExit) as error:
            broken = isinstance(error, self.CollectError)
            reason = (broken and error.__cause__) or error
            tasks = _exercise_of(self.path).tasks
            return [Unloaded.from_parent(self, name=task.name, reason=reason) for task in tasks]


class Unloaded(pytest.Item):
    def __init__(self, reason: BaseException, **of_item: Any) -> None:
        super().__init__(**of_item)
        self._reason = reason

    def runtest(self) -> None:
        raise self._reason

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the words of a task, or else the learner's code: the test around it knows the answer."""
    report = yield
    exercise, error = _exercise_of(item.path), call.excinfo
    if error is None or not report.failed or not exercise.is_whole:
        return report
    if isinstance(error.value, Unmet):
        error.value.args = (error.value.told(predicted=exercise.kind == "predict"),)
        report.longrepr = words = error.getrepr(style="value", chain=False)
        if words.reprcrash:
            words.reprcrash.message = error.value.what  # pytest's summary does not repeat the rest
    elif not item.config.option.fulltrace:
        error.traceback = error.traceback.filter(
            lambda entry: Path(entry.path).name == exercise.file.name
        )
        report.longrepr = item.repr_failure(error) if error.traceback else error.exconly()
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None]:
    """Say last how many exercises are done, or where all tests run, how to run the exercises."""
    yield
    named = _named(config)
    if config.option.collectonly or _names_in(config.option.keyword):
        return
    if HERE in named:
        terminalreporter.write_line(_how_far(terminalreporter.stats))
    elif named & {*HERE.parents}:
        terminalreporter.write_line(
            "The exercises are left out. To run them: pytest tests/exercises"
        )


def _how_far(stats: dict[str, list[pytest.TestReport]]) -> str:
    passed = Counter(_file_of(report) for report in stats.get("passed", []))
    passed.subtract(_file_of(report) for report in stats.get("error", []))
    exercises = all_exercises()
    left = [each for each in exercises if passed[each.tests.name] != len(each.tasks)]
    following = f" Next: make exercise STEP={left[0].key}" if left else ""
    return f"Exercises: {len(exercises) - len(left)} of {len(exercises)} are done.{following}"


def _file_of(report: pytest.TestReport) -> str:
    return report.nodeid.partition("::")[0].rpartition("/")[2]
