"""A background task works after the answer: hand it the service, and not the request's session."""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from threading import Event
from typing import Annotated, Any, Literal, get_args

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.requests import HTTPConnection
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from steps.domain.errors import DatabaseUnavailable
from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure import database
from steps.infrastructure.database import open_engine
from steps.infrastructure.tables import Table, UserRow
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.databases import new_user
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import client_of, serve, server_log
from steps.workbook.world.singletons import own_singletons
from tests.often_said import often_said

pytestmark = [
    pytest.mark.usefixtures("no_s3", "quick_hashing"),
    # Nobody closes what a task opens again with the session of a request: the driver warns of it.
    pytest.mark.filterwarnings("ignore:<psycopg.Connection object:ResourceWarning"),
]

PATIENCE_S = 20
"""Seconds after which a failed test stops waiting."""


@pytest.fixture(scope="module")
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    with new_postgresql_database(postgresql_url) as url:
        yield url


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def engine(request: pytest.FixtureRequest, own_database: None) -> Iterator[Engine]:
    """An engine on a database without users, which the environment names."""
    on_postgresql = request.param == "PostgreSQL"
    url = request.getfixturevalue("postgresql_database") if on_postgresql else None
    with variables({"DATABASE_URL": url} if url else {}):
        engine = open_engine(load_settings())
        with engine.begin() as connection:
            for table in reversed(Table.metadata.sorted_tables):
                connection.execute(table.delete())
        yield engine
        for _ in ("sessions that a task left open", "their pools"):
            gc.collect()
        engine.dispose()


def users_in(engine: Engine) -> list[str]:
    """Return their names: what stands before the @."""
    with Session(engine) as session:
        emails = session.scalars(select(UserRow.email).order_by(UserRow.id))
        return [email.partition("@")[0] for email in emails]


# The two scopes, on a real server: once it is down, all that follows an answer is done

Scope = Literal["request", "function"]
scopes = pytest.mark.parametrize("scope", ["request", "function"])


def app_with_a_task(engine: Engine, scope: Scope, task: Callable[[Session], None]) -> FastAPI:
    """Return an app that signs Ada up, and hands the task the session that it did so with."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            session.commit()

    app = FastAPI()

    @app.post("/")
    def sign_up(
        tasks: BackgroundTasks, session: Annotated[Session, Depends(get_session, scope=scope)]
    ) -> None:
        session.add(new_user("ada"))
        tasks.add_task(task, session)

    return app


@often_said(
    "A background task runs after the commit.",
    "held until 0.117",
    "In request scope the commit waits for the task, as it did until 0.105; only from 0.106 "
    "to 0.117 it came first, as it does in function scope.",
    step=1,
)
@scopes
def test_the_default_scope_commits_after_the_task_and_function_scope_before_it(
    scope: Scope, engine: Engine
) -> None:
    answered = Event()
    seen_by_the_task: list[list[str]] = []

    def task(_: Session) -> None:
        if answered.wait(PATIENCE_S):
            seen_by_the_task.append(users_in(engine))

    with serve(app_with_a_task(engine, scope, task)) as url, client_of(url) as client:
        assert client.post("/").status_code == 200
        answered.set()

    assert seen_by_the_task == [{"request": [], "function": ["ada"]}[scope]]
    assert users_in(engine) == ["ada"]


@often_said(
    "A background task that fails cannot harm the request that started it.",
    "depends",
    "In request scope it discards the row that was to be committed, after the client has its 200.",
    step=1,
)
@scopes
def test_a_task_that_fails_after_the_200_discards_what_the_default_scope_was_to_commit(
    scope: Scope, engine: Engine
) -> None:
    def task(_: Session) -> None:
        raise OSError("no mail today")

    app = app_with_a_task(engine, scope, task)
    with server_log() as errors, serve(app) as url, client_of(url) as client:
        assert client.post("/").status_code == 200

    assert errors == ["OSError('no mail today')"]
    assert users_in(engine) == {"request": [], "function": ["ada"]}[scope]


@often_said(
    "A background task may use the session of its request.",
    "depends",
    "In function scope the session has ended before: what the task writes is lost without "
    "an error.",
    step=1,
)
@scopes
def test_what_a_task_writes_with_a_session_of_function_scope_is_lost_without_an_error(
    scope: Scope, engine: Engine
) -> None:
    ended = Event()

    def task(session: Session) -> None:
        session.add(new_user("grace"))
        session.flush()
        ended.set()

    app = app_with_a_task(engine, scope, task)
    with server_log() as errors, serve(app) as url, client_of(url) as client:
        assert client.post("/").status_code == 200

    assert ended.is_set()
    assert errors == []
    assert users_in(engine) == {"request": ["ada", "grace"], "function": ["ada"]}[scope]


@often_said(
    "What a background task leaves unfinished disturbs nobody.",
    "never held",
    "On SQLite nobody else can write until Python collects its session; the test holds the "
    "garbage collector back.",
    step=1,
)
@pytest.mark.parametrize("engine", ["SQLite"], indirect=True)
def test_until_python_collects_what_is_lost_nobody_else_can_write_to_sqlite(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(session: Session) -> None:
        session.add(new_user("grace"))
        session.flush()

    def sign_up_bob() -> None:
        with Session(engine) as session, session.begin():
            session.add(new_user("bob"))

    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    engine.dispose()  # the next connection knows it
    gc.disable()
    try:
        with serve(app_with_a_task(engine, "function", task)) as url, client_of(url) as client:
            assert client.post("/").status_code == 200

        with pytest.raises(DatabaseUnavailable):
            sign_up_bob()
        gc.collect()
        sign_up_bob()
    finally:
        gc.enable()

    assert users_in(engine) == ["ada", "bob"]


@often_said(
    "A dependency can add a background task after its `yield`.",
    "depends",
    "It runs in function scope, and never in request scope.",
    step=1,
)
def test_a_task_that_is_added_after_the_yield_runs_in_function_scope_only() -> None:
    added: list[Scope] = []
    ran: list[Scope] = []

    def adds_a_task_afterwards(scope: Scope) -> Any:
        def provider(tasks: BackgroundTasks) -> Iterator[None]:
            yield
            tasks.add_task(ran.append, scope)
            added.append(scope)

        return Depends(provider, scope=scope)

    app = FastAPI()
    app.get("/request", dependencies=[adds_a_task_afterwards("request")])(lambda: None)
    app.get("/function", dependencies=[adds_a_task_afterwards("function")])(lambda: None)
    with serve(app) as url, client_of(url) as client:
        for path in ("/request", "/function"):
            assert client.get(path).status_code == 200

    assert sorted(added) == ["function", "request"]
    assert ran == ["function"]


# The steps: a route is added that hands a task what the step's own providers give

TaskOf = Callable[[Any], Callable[[NewUser], Any]]


def add_route(app: FastAPI, path: str, mark: Any, task_of: TaskOf, ended: Event) -> None:
    """Add a route that depends on what the mark says, and makes of it a task that signs up."""

    @app.post(path, status_code=202)
    def sign_up_later(
        user: NewUser, tasks: BackgroundTasks, dependency: Annotated[Any, mark]
    ) -> None:
        tasks.add_task(task_of(dependency), user)
        tasks.add_task(ended.set)  # one after the other, and none after one that fails


def sign_up_by_tasks(step: Step, engine: Engine, ways: dict[str, tuple[Any, TaskOf]]) -> list[str]:
    """Let a task sign somebody up in each way, whose name they bear. Return who is kept."""
    app, ended = step.create_app(), Event()
    for name, (mark, task_of) in ways.items():
        add_route(app, f"/{name}", mark, task_of, ended)
    with own_singletons(step), server_log() as errors:
        with serve(app) as url, client_of(url) as client:
            for name in ways:
                body = {"email": f"{name}@example.com", "password": "correct horse"}
                assert client.post(f"/{name}", json=body).status_code == 202
                assert ended.wait(PATIENCE_S), errors
                ended.clear()
        assert errors == []
        return users_in(engine)


def mark_of(step: Step, module: str, alias: str) -> Any:
    """Return the `Depends` of one of the step's aliases, such as `SessionDep`."""
    asked_for, mark = get_args(getattr(import_module(f"{step.package}.{module}"), alias))
    return mark if mark.dependency else Depends(asked_for)


def get_user_service(connection: HTTPConnection) -> Any:
    """Do what handlers do without `Depends`, from step 10 on."""
    return connection.app.state.application.user_service


def sign_up_of(service: Any) -> Any:
    return service.sign_up


def name_of(step: Step) -> str:
    return f"step_{step.number:02}"


@often_said(
    "A background task may use the service that its endpoint was given.",
    "depends",
    "In steps 01 to 05, where the session lasts for the request, what it writes is lost "
    "without an error; what it writes with the engine is kept.",
    step=1,
)
@pytest.mark.parametrize("step", [s for s in STEPS if s.transaction == "request"], ids=name_of)
def test_a_task_loses_what_it_writes_with_the_session_of_a_request_or_a_service_on_it(
    step: Step, engine: Engine
) -> None:
    """A task that is handed the engine, and opens and commits a session of its own, keeps it."""

    def add(session: Session, user: NewUser) -> None:
        session.add(UserRow(email=user.email, password_hash="no hash"))

    def open_and_add(engine: Engine, user: NewUser) -> None:
        with Session(engine) as session, session.begin():
            add(session, user)

    engine_mark = mark_of(step, "dependencies", "EngineDep")
    session_mark = mark_of(step, "dependencies", "SessionDep")
    service_mark = mark_of(step, "routes", "UserServiceDep")
    kept = sign_up_by_tasks(
        step,
        engine,
        {
            "by-engine": (engine_mark, lambda engine: partial(open_and_add, engine)),
            "by-session": (session_mark, lambda session: partial(add, session)),
            "by-service": (service_mark, sign_up_of),  # last: it leaves a transaction open
        },
    )

    assert kept == ["by-engine"]


@often_said(
    "A background task has to open its own session.",
    "depends",
    "From step 06 on it is enough to hand it the service, which opens sessions of its own.",
    step=6,
)
@pytest.mark.parametrize("step", [s for s in STEPS if s.transaction != "request"], ids=name_of)
def test_a_task_keeps_what_it_writes_with_a_service_that_opens_its_own_sessions(
    step: Step, engine: Engine
) -> None:
    has_routes = step.has("routes")
    mark = mark_of(step, "routes", "UserServiceDep") if has_routes else Depends(get_user_service)

    kept = sign_up_by_tasks(step, engine, {"by-service": (mark, sign_up_of)})

    assert kept == ["by-service"]
