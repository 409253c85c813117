"""The steps in the order in which they are read."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

PROJECT = Path(__file__).parents[2]
"""The folder that holds README.md, steps and notebooks."""


class UnknownStep(Exception):
    """Nobody can be served that step: one line that lists the steps there are."""


@dataclass(frozen=True)
class Step:
    """One step: its number, its package's name, what it adds and the flaw that this repairs."""

    number: int
    name: str
    idea: str
    repairs: str

    @property
    def folder(self) -> Path:
        return PROJECT / "steps" / self.name

    @property
    def package(self) -> str:
        return f"steps.{self.name}"

    @property
    def target(self) -> str:
        """What `uvicorn` takes."""
        return f"{self.package}.main:app"

    def create_app(self) -> "FastAPI":
        """Return a fresh app that reads its settings from the environment."""
        app: FastAPI = import_module(f"{self.package}.main").create_app()
        return app


STEPS = (
    Step(1, "step_01_depends", "`Depends`, `yield`, function scope", ""),
    Step(
        2,
        "step_02_lru_cache_singleton",
        "`lru_cache` on settings, engine and S3 client",
        "each was built for every request",
    ),
    Step(
        3,
        "step_03_lifespan_singleton",
        "a `Core` opened and closed by the lifespan",
        "nothing closed them, and a cold start built several",
    ),
    Step(
        5,
        "step_05_ioc_container",
        "ports, and a container that holds the object graph",
        "the use cases imported FastAPI and their adapters",
    ),
    Step(
        6,
        "step_06_session_decorator",
        "a decorator that gives a method its session",
        "the web layer had to make the session and hand it over",
    ),
    Step(
        7,
        "step_07_context_manager",
        "a context manager: one use case, one transaction",
        "a use case of two writes could be left half done",
    ),
    Step(
        8,
        "step_08_async",
        "the same on an `AsyncEngine`",
        "a request held a worker thread while it waited for the database",
    ),
    Step(
        9,
        "step_09_two_tiers",
        "two tiers by hand",
        "the object graph needed a framework",
    ),
    Step(
        12,
        "step_12_worker",
        "HTTP, a command line and a worker on one container",
        "use cases ran behind HTTP only",
    ),
)


def find_step(number: int | str) -> Step:
    """Return the step with this number. Raises UnknownStep."""
    for step in STEPS:
        if str(number).strip().lstrip("0") == str(step.number):
            return step
    known = ", ".join(f"{step.number} ({step.name})" for step in STEPS)
    raise UnknownStep(f"Say which step, as in STEP={STEPS[-1].number}. There are: {known}.")
