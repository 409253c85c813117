"""The same questions to the four options of the decision record, answered by running them."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any
from unittest.mock import patch

from dependency_injector.providers import Object

from steps.domain.errors import ConfigurationError
from steps.domain.settings import load_settings
from steps.infrastructure.announcements import Change, listeners
from steps.workbook.experiments.step_09 import (
    option_by_hand,
    option_container,
    option_framework,
    option_once,
)
from steps.workbook.experiments.step_09.option_parts import S3WithSevenBuckets, Summary
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import embedded_environment, new_database, variables

OPTIONS = {
    "container": option_container,
    "once": option_once,
    "framework": option_framework,
    "by hand": option_by_hand,
}
SUBJECTS = ("engine", "S3 client", "summary", "program", "process")
MOST_TRIES = 300
"""How often a run is repeated at most, where its outcome varies, until both forms were seen."""


@contextmanager
def fresh(option: str) -> Iterator[Any]:
    """Give out the option's module as a new process has it; at the end close what it left open."""
    left_open: list[Any] = []

    def note(change: Change, _: str, subject: object) -> None:
        (left_open.append if change == "opened" else left_open.remove)(subject)

    spec = find_spec(OPTIONS[option].__name__)
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    listeners.append(note)
    try:
        yield module
    finally:
        listeners.remove(note)
        for subject in left_open:
            (subject.dispose if hasattr(subject, "dispose") else subject.close)()


def for_all(outcome: Callable[[str], list[str]]) -> dict[str, list[list[str]]]:
    """Run each option; the framework again and again, until both forms that it has were seen."""
    outcomes: dict[str, list[list[str]]] = {}
    for option in OPTIONS:
        seen = {tuple(outcome(option))}
        for _ in range(MOST_TRIES):
            if option == "framework" and len(seen) < 2:
                seen.add(tuple(outcome(option)))
        outcomes[option] = sorted(map(list, seen))
    return outcomes


def what_happened(recording: Recording) -> list[str]:
    """Return the events of the parts and the program. Connections come and go inside a part."""
    events = [str(event).replace(" 1 ", " ") for event in recording.events]
    return [event for event in events if event.startswith(SUBJECTS)]


# What opens when, and who closes it


def life(option: str) -> list[str]:
    """Return what happens while the option starts, is used and stops."""
    with fresh(option) as module, record() as recording:
        with module.run() as summary:
            recording.add("is used", "summary", summary)
            summary()
        recording.add("ends", "process", module)
    return what_happened(recording)


def lives() -> dict[str, list[list[str]]]:
    with embedded_environment():
        return for_all(life)


# What a wrong setting does


def start_with_a_wrong_region(option: str) -> list[str]:
    """boto3 makes no client for a region whose name cannot be right."""
    with new_database(), variables({"AWS_DEFAULT_REGION": "no region"}), fresh(option) as module:
        with record() as recording:
            try:
                with module.run() as summary:
                    recording.add("has started", "program", module)
                    summary()
            except ConfigurationError:
                recording.add("tells of it", "program", module)
        return what_happened(recording)


def starts_with_a_wrong_region() -> dict[str, list[list[str]]]:
    return for_all(start_with_a_wrong_region)


# What a test does to replace the S3 client, and whom it reaches


@contextmanager
def replaced_in_the_container(module: Any) -> Iterator[Summary]:
    with module.open_container(load_settings()) as infra:
        yield module.App(replace(infra, s3_client=S3WithSevenBuckets())).summary


@contextmanager
def replaced_in_the_module(module: Any) -> Iterator[Summary]:
    with patch.object(module, "get_s3_client", S3WithSevenBuckets), module.run() as summary:
        yield summary


@contextmanager
def replaced_in_the_framework(module: Any) -> Iterator[Summary]:
    container = module.Container(settings=load_settings())
    with container.s3_client.override(Object(S3WithSevenBuckets())):
        yield container.summary()
    container.shutdown_resources()


@contextmanager
def replaced_by_hand(module: Any) -> Iterator[Summary]:
    engine = module.open_engine(load_settings())
    yield module.make_server(engine, S3WithSevenBuckets())["GET /summary"]
    engine.dispose()


REPLACED = {
    "container": replaced_in_the_container,
    "once": replaced_in_the_module,
    "framework": replaced_in_the_framework,
    "by hand": replaced_by_hand,
}


def replacement(option: str) -> dict[str, str]:
    """Ask a program whose S3 client a test has replaced, and another one in the same process."""
    with fresh(option) as module, module.run() as other, REPLACED[option](module) as tested:
        return {"tested": tested(), "other": other()}


def replacements() -> dict[str, dict[str, str]]:
    with embedded_environment():
        return {option: replacement(option) for option in OPTIONS}


# What can be read


def arguments_of_the_use_case() -> dict[str, list[str]]:
    return {
        option: list(inspect.signature(getattr(module, "Summary", Summary)).parameters)
        for option, module in OPTIONS.items()
    }


def functions_that_take_the_s3_client() -> dict[str, int]:
    return {
        option: sum(
            function.__module__ == module.__name__ and "s3_client" in signature.parameters
            for function in vars(module).values()
            if inspect.isfunction(function) and (signature := inspect.signature(function))
        )
        for option, module in OPTIONS.items()
    }


def lines_of(module: ModuleType) -> int:
    """Count the lines of a module that are not empty, without its docstring."""
    return sum(bool(line.strip()) for line in inspect.getsource(module).splitlines()) - 1


def lines() -> dict[str, int]:
    return {option: lines_of(module) for option, module in OPTIONS.items()}


# All in one table


def when_opened(life: list[str]) -> str:
    return "at start" if life.index("engine opened") < life.index("summary is used") else "at use"


def how_closed(life: list[str]) -> str:
    opened = [event.removesuffix(" opened") for event in life if event.endswith("opened")]
    closed = [event.removesuffix(" closed") for event in life if event.endswith("closed")]
    return {(): "never", tuple(opened): "same order"}.get(tuple(closed), "in reverse")


def when_told(start: list[str]) -> str:
    return "at use" if "program has started" in start else "at start"


def what_is_left_open(starts: list[list[str]]) -> str:
    left = ["engine opened" in start and "engine closed" not in start for start in starts]
    return "engine" if any(left) else "nothing"


def what_each_option_does() -> dict[str, dict[str, str | int]]:
    """Return the answer of each option to each question, read off from its runs."""
    all_lives, starts, tested = lives(), starts_with_a_wrong_region(), replacements()
    needs = arguments_of_the_use_case()
    return {
        "the parts are opened": {o: when_opened(all_lives[o][0]) for o in OPTIONS},
        "orders of opening seen": {o: len(all_lives[o]) for o in OPTIONS},
        "the parts are closed": {o: how_closed(all_lives[o][0]) for o in OPTIONS},
        "a wrong region is told": {o: when_told(starts[o][0]) for o in OPTIONS},
        "and what stays open": {o: what_is_left_open(starts[o]) for o in OPTIONS},
        "the use case names its needs": {o: "yes" if needs[o] else "no" for o in OPTIONS},
        "a test's client reaches others": {
            o: "yes" if tested[o]["other"] == tested[o]["tested"] else "no" for o in OPTIONS
        },
        "functions that take the client": dict(functions_that_take_the_s3_client()),
        "lines": dict(lines()),
    }
