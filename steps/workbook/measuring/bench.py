"""What one request costs in each step: `make bench`.

Every app is called in this process on one event loop. A round calls them all, one after the other,
so that what slows the machine down meets them all; a ratio is the median of the rounds' own ratios.
"""

import asyncio
import gc
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple
from weakref import WeakSet

from dependency_injector import providers
from fastapi import FastAPI
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message

from steps.domain.entities import User
from steps.domain.settings import load_settings
from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.database import open_engine
from steps.infrastructure.tables import UserRow
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.fakes.async_in_memory import (
    AsyncInMemoryAuditEvents,
    AsyncInMemoryUsers,
)
from steps.workbook.fakes.in_memory import InMemoryAuditEvents, InMemoryUsers
from steps.workbook.measuring import baselines
from steps.workbook.measuring.report import WIDTH, Aim, Result, Samples, print_report
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database
from steps.workbook.world.thread_hops import counted_hops

BLOCK_S = 0.025
"""How long an app is called before it is the next one's turn, in seconds."""
WARM_UP_CALLS = 20

MEMORY = """\
A only looks the user up. B also gets a session, in the way of step 05.
Steps {overridden} look dearer than they are: `dependency_overrides` puts the
repositories in place, and FastAPI then reads all signatures for each request."""
DATABASE = """\
A opens its session itself. B gets it from a `def` dependency, as FastAPI's
tutorial does."""
RECORDED = """\
The recorder listens to requests, sessions, transactions and connections. A and
B are the dearest step and one of the cheapest."""

ADA = User(1, "ada@example.com", "no hash")
ANSWER = (200, b'{"id":1,"email":"ada@example.com"}')
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/users/1",
    "raw_path": b"/users/1",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"host", b"127.0.0.1")],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}


class WrongAnswer(Exception):
    """An app that does not answer as it must is not fast."""


class AppFailed(Exception):
    """One line that names the app and says why there is no report."""

    def __init__(self, name: str, cause: Exception) -> None:
        super().__init__(f"{name}: {type(cause).__name__}: {' '.join(str(cause).split())}")


class Contender:
    """An app that takes part, once its lifespan has begun and given out this state."""

    def __init__(self, name: str, app: FastAPI, state: Mapping[str, Any]) -> None:
        self.samples = Samples(name)
        self._app: ASGIApp = app
        self._state = state

    async def call(self) -> None:
        """Send the request. Raises WrongAnswer, or what the app raises."""
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        scope = {**SCOPE, "state": dict(self._state)}
        await self._app(scope, receive, send)
        answer = messages[0]["status"], b"".join(m.get("body", b"") for m in messages)
        if answer != ANSWER:
            raise WrongAnswer(f"{answer[0]} {answer[1][:60].decode(errors='replace')}")

    async def warm_up(self) -> None:
        """Leave the first requests out, and count how often one waits for a worker thread."""
        for _ in range(WARM_UP_CALLS):
            await self.call()
        with counted_hops() as counted:
            await self.call()
        self.samples.hops = counted.hops

    async def block(self, block_s: float) -> None:
        """Send requests, one after the other, and note what one of them took."""
        gc.collect()  # nobody pays for what another one left behind
        calls, wall, cpu, begun = 0, 0.0, time.process_time(), time.perf_counter()
        while wall <= block_s:
            await self.call()
            calls, wall = calls + 1, time.perf_counter() - begun
        self.samples.wall.append(wall / calls)
        self.samples.cpu.append((time.process_time() - cpu) / calls)


class RecordedContender(Contender):
    """An app whose requests are recorded, as `make run` does. Nobody else's are, meanwhile."""

    async def block(self, block_s: float) -> None:
        plain = self._app
        with record() as recording:
            self._app = recording.wrap(plain)
            await self.call()  # what SQLAlchemy looks up once, it has looked up
            await super().block(block_s)
        self._app = plain


class Entry(NamedTuple):
    """A name, an app, and what to do with it once its lifespan has begun."""

    name: str
    app: FastAPI
    prepare: Callable[[FastAPI], None]
    kind: type[Contender] = Contender


def bench(rounds: int, block_s: float = BLOCK_S) -> int:
    """Measure all steps and print the report. Returns the exit code: 1 if an app fails."""
    with new_database(), _all_engines_closed():
        engine = open_engine(load_settings())
        try:
            with Session(engine) as session:
                session.add(UserRow(email=ADA.email, password_hash=ADA.password_hash))
                session.commit()
            results = asyncio.run(_measure_all(engine, rounds, block_s))
        except AppFailed as failure:
            print(failure, file=sys.stderr)
            return 1
    print_report(results)
    return 0


async def _measure_all(engine: Engine, rounds: int, block_s: float) -> list[Result]:
    users = InMemoryUsers([ADA])
    with_session = baselines.in_memory_with_session(users, engine)
    in_memory = [
        Entry("A by hand", baselines.in_memory(users), _nothing),
        Entry("B by hand, with session", with_session, _nothing),
        *(Entry(step.title, step.create_app(), _keep_in_memory(step)) for step in STEPS),
    ]
    in_database = [
        Entry("A by hand", baselines.in_database(engine), _nothing),
        Entry("B by hand, `Depends`", baselines.in_database_with_dependency(engine), _nothing),
        *(Entry(step.title, step.create_app(), _nothing) for step in STEPS),
    ]
    dear, *_, cheap = (step for step in STEPS if step.part == "path")
    recorded = [
        Entry(f"A {dear.title}", dear.create_app(), _nothing),
        Entry(f"B {cheap.title}", cheap.create_app(), _nothing),
        Entry("A, recorded", dear.create_app(), _nothing, RecordedContender),
        Entry("B, recorded", cheap.create_app(), _nothing, RecordedContender),
    ]
    console = Console(stderr=True)
    with Progress(
        console=console,
        auto_refresh=False,  # no thread of its own beside those that are measured
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        task = progress.add_task(
            "Measuring", total=rounds * len(in_memory + in_database + recorded)
        )

        def advance() -> None:
            progress.update(task, advance=1, refresh=True)

        return [
            Result(
                "Repositories in memory",
                _about_memory(),
                await measure(in_memory, rounds, block_s, advance),
                _aims(1.3, with_session=True) + _aims(1.3, with_session=False),
            ),
            Result(
                "Repositories in a SQLite file",
                DATABASE,
                await measure(in_database, rounds, block_s, advance),
                _aims(1.05, with_session=False),
            ),
            Result(
                "With the recorder of `make run`",
                RECORDED,
                await measure(recorded, rounds, block_s, advance),
                [Aim("A, recorded", 0, 1.05), Aim("B, recorded", 1, 1.05)],
            ),
        ]


async def measure(
    entries: Sequence[Entry],
    rounds: int,
    block_s: float = BLOCK_S,
    advance: Callable[[], None] = lambda: None,
) -> list[Samples]:
    """Return what the apps' requests took. Raises AppFailed for the first that fails."""
    async with AsyncExitStack() as stack:
        contenders = []
        for name, app, prepare, kind in entries:
            with _named(name):
                state = await stack.enter_async_context(app.router.lifespan_context(app))
                prepare(app)
                contenders.append(kind(name, app, state or {}))
                await contenders[-1].warm_up()
        gc.freeze()  # what is here stays, so collecting between blocks need not look at it
        stack.callback(gc.unfreeze)
        for number in range(rounds):
            first = number % len(contenders)  # so that nobody always comes after the same one
            for contender in contenders[first:] + contenders[:first]:
                with _named(contender.samples.name):
                    await contender.block(block_s)
                advance()
    return [contender.samples for contender in contenders]


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise AppFailed(name, error) from error


@contextmanager
def _all_engines_closed() -> Iterator[None]:
    """Close what step 02 leaves open, or Windows would not let go of the file."""
    engines: WeakSet[Engine] = WeakSet()

    def note(_: Change, __: str, subject: object) -> None:
        if isinstance(subject, Engine):
            engines.add(subject)

    listeners.append(note)
    try:
        yield
    finally:
        listeners.remove(note)
        for engine in engines:
            engine.dispose()


def _keep_in_memory(step: Step) -> Callable[[FastAPI], None]:
    """Return what replaces a step's repositories, where the step itself puts them in place."""
    users: object = InMemoryUsers([ADA])
    audit_events: object = InMemoryAuditEvents([])
    if step.is_async:
        users, audit_events = AsyncInMemoryUsers([ADA]), AsyncInMemoryAuditEvents([])

    def in_container(app: FastAPI) -> None:
        container = app.state.container
        container.user_repository.override(providers.Object(users))
        container.audit_event_repository.override(providers.Object(audit_events))

    def in_unit_of_work(app: FastAPI) -> None:
        kept = {"_users": lambda _: users, "_audit_events": lambda _: audit_events}
        vars(app.state.application.unit_of_work).update(kept)

    def in_composition_root(app: FastAPI) -> None:
        root = import_module(f"{step.package}.composition_root")

        @wraps(root.get_user_service)  # and so with its session
        async def get_user_service(**_: object) -> object:
            return root.UserService(users, audit_events, root.PasswordHasher())

        app.dependency_overrides[root.get_user_service] = get_user_service

    def in_overrides(app: FastAPI) -> None:
        repositories = import_module(f"{step.package}.repositories")
        app.dependency_overrides[repositories.UserRepository] = lambda: users
        app.dependency_overrides[repositories.AuditEventRepository] = lambda: audit_events

    if step.has("container"):
        return in_container
    if step.has("app"):
        return in_unit_of_work
    return in_composition_root if step.has("composition_root") else in_overrides


def _about_memory() -> str:
    overridden = [step for step in STEPS if not step.has("container") and not step.has("app")]
    numbers = ", ".join(f"{step.number:02}" for step in overridden)
    return textwrap.fill(MEMORY.format(overridden=numbers), WIDTH)


def _nothing(app: FastAPI) -> None: ...


def _aims(most: float, *, with_session: bool) -> list[Aim]:
    """Return how much the baseline of its own kind, which is synchronous, a container may add."""
    return [
        Aim(step.title, int(with_session), most)
        for step in STEPS
        if step.has("container") and not step.is_async
        if (step.transaction == "request") == with_session
    ]
