"""The steps in the order in which they are read."""

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fastapi import FastAPI

PROJECT = Path(__file__).parents[2]
"""The folder that holds README.md, steps and notebooks."""

USUAL_BUDGET = 60
"""How many lines a step usually may add to the one before: more would be more than one idea."""

ONLY_READ = "00 is a notebook only: notebooks/00_vocabulary.ipynb. Begin with STEP=1."
"""What somebody hears who wants more of it."""


class UnknownStep(Exception):
    """Nobody can be served that step: one line that says which steps there are."""


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what it is about, and what tools must know of it.

    `look` says what to look for in the lifetimes of its objects, and `compare` what differs from
    the step before. `repairs` is the flaw of the step before that it mends, `flaw` the one that it
    leaves on purpose. `follows` is the number of the step that it was copied from. Everybody reads
    the steps of the "path"; one that goes "further" is for a question that comes up at work. Each
    `transaction` lasts for a whole request, for one method of a repository, or for one use case.
    `most_added` is how many lines it may add to the step that it follows; beyond USUAL_BUDGET,
    `reason` says why.
    """

    number: int
    name: str
    idea: str
    repairs: str
    flaw: str
    follows: int | None
    look: str = ""
    compare: str = ""
    part: Literal["path", "further"] = "further"
    transaction: Literal["request", "method", "use case"] = "use case"
    is_async: bool = False
    most_added: int = USUAL_BUDGET
    reason: str = ""

    @property
    def before(self) -> "Step | None":
        """The step that it was copied from."""
        return find_step(self.follows) if self.follows else None

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

    @property
    def title(self) -> str:
        """Its name in words, with its number."""
        return self.name.removeprefix("step_").replace("_", " ")

    @property
    def heading(self) -> str:
        """How pages call it, as in "Step 04: ports"."""
        return f"Step {self.number:02}: {self.title[3:]}"

    def has(self, module: str) -> bool:
        """Tell whether it has a file of this name, such as `container` or `worker`."""
        return (self.folder / f"{module}.py").exists()

    def create_app(self) -> "FastAPI":
        """Return a fresh app that reads its settings from the environment."""
        app: FastAPI = import_module(f"{self.package}.main").create_app()
        return app


STEPS = (
    Step(
        1,
        "step_01_depends",
        idea="`Depends`, `yield`, function scope",
        repairs="",
        flaw="engine, S3 client and settings are built for every request",
        follows=None,
        look="each request opens an engine of its own, or an S3 client, and closes it again.",
        part="path",
        transaction="request",
    ),
    Step(
        2,
        "step_02_lru_cache_singleton",
        idea="`lru_cache` on settings, engine and S3 client",
        repairs="each was built for every request",
        flaw="nothing closes them, and a cold start builds several",
        follows=1,
        look="the first request that needs the engine opens it, and nothing closes it.",
        compare="In step 01 each of them opens one.",
        part="path",
        transaction="request",
    ),
    Step(
        3,
        "step_03_lifespan_singleton",
        idea="a `Core` opened and closed by the lifespan",
        repairs="nothing closed them, and a cold start built several",
        flaw="the use cases import FastAPI and their adapters",
        follows=2,
        look="engine and S3 client are open before the first request, and until Ctrl-C.",
        compare="In step 02 requests open them, and not even Ctrl-C closes them.",
        part="path",
        transaction="request",
    ),
    Step(
        4,
        "step_04_ports",
        idea="ports, and a composition root by hand",
        repairs="the use cases imported FastAPI and their adapters",
        flaw="the composition root is FastAPI's: a script wires everything again",
        follows=3,
        look="the same picture again: ports change who knows whom, not how long objects live.",
        compare="Nothing opens earlier or closes later than in step 03.",
        part="path",
        transaction="request",
    ),
    Step(
        5,
        "step_05_ioc_container",
        idea="a container that holds the object graph",
        repairs="the composition root was FastAPI's: a script wired everything again",
        flaw="the web layer has to make the session and hand it over",
        follows=4,
        look="the container opens the engine; the session still comes with each request.",
        compare="Objects live as in step 04: only the place that makes them has moved.",
        part="path",
        transaction="request",
        most_added=75,
        reason="the whole object graph moves to one new file",
    ),
    Step(
        6,
        "step_06_session_decorator",
        idea="a decorator, made by the container, that gives a method its session",
        repairs="the web layer had to make the session and hand it over",
        flaw="a use case of two writes can be left half done",
        follows=5,
        look="a sign-up has two sessions with a commit each, one after the other.",
        compare="In step 05 it has one session and one commit.",
        part="path",
        transaction="method",
    ),
    Step(
        7,
        "step_07_context_manager",
        idea="a context manager: one use case, one transaction",
        repairs="a use case of two writes could be left half done",
        flaw="a request holds a worker thread while it waits for the database",
        follows=6,
        look="a sign-up has one session and one commit; looking up a user only reads.",
        compare="In step 06 each method of a repository has a session and a commit.",
        part="path",
        most_added=75,
        reason="every method that has a session is written back to what it was in step 05",
    ),
    Step(
        8,
        "step_08_async",
        idea="the same on an `AsyncEngine`",
        repairs="a request held a worker thread while it waited for the database",
        flaw="the object graph needs a framework",
        follows=7,
        look="five new users at once: in words, below the picture, all is on the event loop.",
        compare="Objects live as in step 07, where most of it is in worker threads.",
        is_async=True,
        most_added=85,
        reason="every line that waits for the database changes",
    ),
    Step(
        9,
        "step_09_two_tiers",
        idea="two tiers by hand, and a configuration that is checked first",
        repairs="the object graph needed a framework",
        flaw="routes reach use cases through `Depends`, and `uvicorn` decides how it ends",
        follows=8,
        look="the same picture again: what opens at the start now stands in the code.",
        compare="In step 08 a framework opens the same objects in the same order.",
        is_async=True,
        most_added=140,
        reason="it writes by hand what a framework did, and checks every setting",
    ),
    Step(
        10,
        "step_10_route_registrars",
        idea="handlers that register their own routes, and a service that stops itself",
        repairs="routes reached use cases through `Depends`, and `uvicorn` decided how it ended",
        flaw="use cases run behind HTTP only, and everything is opened, used or not",
        follows=9,
        look="the same picture again: routes are made in another way, objects live as before.",
        compare="How each ends by itself is in notebook 10; this server ends both alike.",
        is_async=True,
        most_added=140,
        reason="three handlers take the place of the routes, and the program that serves is new",
    ),
    Step(
        11,
        "step_11_command_line",
        idea="a command line on the same use cases, which opens only a database",
        repairs="use cases ran behind HTTP only, and everything was opened, used or not",
        flaw="long work holds whoever asks for it",
        follows=10,
        look="the served app is that of step 10; its commands run in processes of their own.",
        compare="Nothing opens earlier or closes later than in step 10.",
        is_async=True,
        most_added=100,
        reason="the commands are new, what they open, and a use case that only they have",
    ),
    Step(
        12,
        "step_12_worker",
        idea="a worker that writes exports",
        repairs="long work held whoever asked for it",
        flaw="",
        follows=11,
        look="asking for an export is one commit and an answer at once; a worker writes it later.",
        compare="Step 11 has no exports; all else is the same.",
        is_async=True,
        most_added=250,
        reason="it adds a use case with its routes and commands, and the worker",
    ),
)


def find_step(number: int | str) -> Step:
    """Return the step with this number. Raises UnknownStep."""
    for step in STEPS:
        if str(number).strip().lstrip("0") == str(step.number):
            return step
    if re.fullmatch("0+", str(number).strip()):
        raise UnknownStep(ONLY_READ)
    first, *_, last = (step.number for step in STEPS)
    raise UnknownStep(f"Say which step, as in STEP=3: {first} to {last}. README.md tells of each.")


def first_step_with(module: str) -> Step:
    """Return the first step that has a file of this name, such as `worker`."""
    return next(step for step in STEPS if step.has(module))
