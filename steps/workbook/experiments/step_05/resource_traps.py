"""What becomes of a session that the container owns as a `Resource`, and who commits it."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from threading import Barrier, Event
from typing import Annotated, Any

import httpx2
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import (
    ContextLocalResource,
    Dependency,
    Factory,
    Resource,
    ThreadSafeSingleton,
)
from dependency_injector.wiring import Closing, Provide, inject
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.settings import Settings, load_settings
from steps.infrastructure.database import open_engine
from steps.infrastructure.passwords import DECOY_HASH
from steps.infrastructure.tables import UserRow
from steps.step_05_ioc_container.dependencies import SessionDep
from steps.step_05_ioc_container.main import create_app
from steps.step_05_ioc_container.repositories import UserRepository
from steps.web.errors import install_error_handlers
from steps.workbook.experiments.step_05.container_traps import module_with
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import client_of, serve, server_log

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""


def get_session(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """Commit at the end unless there was an error, as the dependency of the steps does."""
    with session_factory() as session:
        yield session
        session.commit()


class ResourceContainer(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)
    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    session = Resource(get_session, session_factory)
    user_repository = Factory(UserRepository, session)


class ContextLocalContainer(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)
    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    session = ContextLocalResource(get_session, session_factory)
    user_repository = Factory(UserRepository, session)


AnyContainer = ResourceContainer | ContextLocalContainer


class Pause:
    """A place in an endpoint where a request may have to wait."""

    def __init__(self) -> None:
        self.reached, self.over = Event(), Event()
        self.over.set()

    def here(self) -> None:
        self.reached.set()
        self.over.wait(PATIENCE_S)


def add_sign_ups(app: FastAPI, marker: Any, pause: Pause) -> list[Any]:
    """Add a call that succeeds and one that fails after it has written; return both."""

    @app.post("/users/{name}", status_code=201)
    @inject
    def sign_up(name: str, users: Annotated[UserRepository, Depends(marker)]) -> None:
        users.add(f"{name}@example.com", DECOY_HASH)

    @app.post("/failing/{name}")
    @inject
    def sign_up_and_fail(name: str, users: Annotated[UserRepository, Depends(marker)]) -> None:
        users.add(f"{name}@example.com", DECOY_HASH)
        pause.here()
        raise OSError("disk full")

    return [sign_up, sign_up_and_fail]


@dataclass
class Service:
    """A served app with such a container; `errors` are those that the server logged."""

    container: AnyContainer
    client: httpx2.Client
    database_url: str
    errors: list[str]
    pause: Pause

    def post(self, *paths: str) -> list[int]:
        return [self.client.post(path).status_code for path in paths]

    def rows(self) -> int:
        return count_rows(self.database_url)


def count_rows(database_url: str) -> int:
    """Return how many users a connection of its own sees."""
    engine = create_engine(database_url)
    with Session(engine) as session:
        rows = session.scalar(select(func.count()).select_from(UserRow))
    engine.dispose()
    return rows or 0


@contextmanager
def service(container_class: type[AnyContainer], *, closing: bool = False) -> Iterator[Service]:
    """Serve an app; leave without a word to the session, as a process does that is stopped."""
    marker, pause, app = Provide["user_repository"], Pause(), FastAPI()
    functions = add_sign_ups(app, Closing[marker] if closing else marker, pause)
    install_error_handlers(app)
    with new_database() as database_url, server_log() as errors:
        container = container_class(settings=load_settings())
        container.wire(modules=[module_with(*functions)])
        try:
            with serve(app) as url, client_of(url) as client:
                yield Service(container, client, database_url, errors, pause)
        finally:
            container.unwire()
            if container.session.initialized:
                container.session().close()
                container.shutdown_resources()
            container.engine().dispose()


# One session for the whole app


def sessions_of_ten_requests(container: AnyContainer, marker: Any) -> int:
    """Return how many sessions ten requests have that are all under way together."""
    sessions: list[Session] = []
    first_is_there, all_are_there = Event(), Barrier(10)
    app = FastAPI()

    @app.get("/")
    @inject
    def take_session(session: Annotated[Session, Depends(marker)]) -> None:
        sessions.append(session)
        first_is_there.set()
        all_are_there.wait(PATIENCE_S)

    container.wire(modules=[module_with(take_session)])
    with serve(app) as url, client_of(url) as client, ThreadPoolExecutor(10) as threads:
        threads.submit(client.get, "/")
        first_is_there.wait(PATIENCE_S)
        list(threads.map(client.get, ["/"] * 9))
    container.unwire()
    return len(set(map(id, sessions)))


def sessions_of_ten_requests_of_step_05() -> int:
    sessions: list[Session] = []
    all_are_there = Barrier(10)
    app = create_app()

    @app.get("/")
    def take_session(session: SessionDep) -> None:
        sessions.append(session)
        all_are_there.wait(PATIENCE_S)

    with (
        new_database(),
        serve(app) as url,
        client_of(url) as client,
        ThreadPoolExecutor(10) as threads,
    ):
        list(threads.map(client.get, ["/"] * 10))
    return len(set(map(id, sessions)))


def ten_requests_at_once() -> dict[str, int]:
    """Return how many sessions they have, for each way to provide one."""
    resource, context_local = ResourceContainer, ContextLocalContainer
    provide, closing = Provide["session"], Closing[Provide["session"]]
    with new_database():
        settings = load_settings()
        return {
            "Resource": sessions_of_ten_requests(resource(settings=settings), provide),
            "Resource, Closing": sessions_of_ten_requests(resource(settings=settings), closing),
            "ContextLocalResource": sessions_of_ten_requests(
                context_local(settings=settings), provide
            ),
            "ContextLocalResource, Closing": sessions_of_ten_requests(
                context_local(settings=settings), closing
            ),
            "step 05": sessions_of_ten_requests_of_step_05(),
        }


def cold_resource_is_opened_by_each_of_ten_threads() -> dict[str, int]:
    """Nobody opens it at start, and whoever does waits in there for the other nine."""
    all_are_in, closed = Barrier(10), list[object]()

    def open_session() -> Iterator[object]:
        all_are_in.wait(PATIENCE_S)
        session = object()
        yield session
        closed.append(session)

    provider = Resource(open_session)
    with ThreadPoolExecutor(10) as threads:
        opened = [threads.submit(provider) for _ in range(10)]
    sessions = {id(each.result()) for each in opened}
    provider.shutdown()
    return {"opened": len(sessions), "closed by shutdown()": len(closed)}


FIVE_SIGN_UPS = [f"/users/user{number}" for number in range(5)]


def five_sign_ups_are_answered_and_not_committed() -> dict[str, Any]:
    with service(ResourceContainer) as served:
        statuses = served.post(*FIVE_SIGN_UPS)
        seen = {"statuses": statuses, "rows that another connection sees": served.rows()}
        url = served.database_url
        served.container.session().close()  # what the end of the process does
        return {**seen, "rows after the process has ended": count_rows(url)}


def shutdown_resources_commits_all_of_them() -> dict[str, Any]:
    with service(ResourceContainer) as served:
        statuses = served.post(*FIVE_SIGN_UPS)
        before = served.rows()
        served.container.shutdown_resources()
        return {"statuses": statuses, "rows before": before, "rows after": served.rows()}


def one_duplicate_poisons_all_later_requests() -> dict[str, Any]:
    """Sign up Ada, Ada again, Grace and Alan; then shut down."""
    with service(ResourceContainer) as served:
        statuses = served.post("/users/ada", "/users/ada", "/users/grace", "/users/alan")
        shutdown = "no error"
        try:
            served.container.shutdown_resources()
        except PendingRollbackError as error:
            shutdown = type(error).__name__
        rows = served.rows()
    logged = [error.partition("(")[0] for error in served.errors]  # complete once it has stopped
    return {"statuses": statuses, "logged": logged, "shutdown": shutdown, "rows": rows}


# Closing


def closing_commits_a_request_that_failed() -> dict[str, Any]:
    with service(ResourceContainer, closing=True) as served:
        return {"statuses": served.post("/failing/ada"), "rows": served.rows()}


def closing_commits_a_request_that_succeeded() -> dict[str, Any]:
    with service(ResourceContainer, closing=True) as served:
        return {"statuses": served.post("/users/ada"), "rows": served.rows()}


def closing_commits_for_another_request() -> dict[str, Any]:
    """Sign up Grace while Ada's sign-up has written, but is to fail later."""
    with service(ResourceContainer, closing=True) as served, ThreadPoolExecutor(1) as threads:
        served.pause.over.clear()
        ada = threads.submit(served.post, "/failing/ada")
        served.pause.reached.wait(PATIENCE_S)
        grace = served.post("/users/grace")
        rows = served.rows()
        served.pause.over.set()
        return {"Grace": grace, "rows then": rows, "Ada": ada.result(), "rows": served.rows()}


# One session per context


def context_local_resource_never_commits() -> dict[str, Any]:
    with service(ContextLocalContainer) as served:
        statuses = served.post("/users/ada")
        served.container.shutdown_resources()
        return {"statuses": statuses, "rows after shutdown_resources()": served.rows()}


def context_local_resource_is_left_to_the_garbage_collector() -> list[str]:
    happened: list[str] = []

    def get_session() -> Iterator[str]:
        happened.append("session opened")
        try:
            yield "session"
            happened.append("session committed")
        finally:
            happened.append("session closed")

    provider, request = ContextLocalResource(get_session), copy_context()
    request.run(provider)
    provider.shutdown()
    happened.append("shutdown() called")
    del request
    gc.collect()
    return happened


def context_local_resource_with_closing_commits_a_request_that_failed() -> dict[str, Any]:
    with service(ContextLocalContainer, closing=True) as served:
        return {"statuses": served.post("/failing/ada"), "rows": served.rows()}


def context_local_resource_is_two_sessions_in_one_request() -> int:
    """Return how many sessions a `def` dependency and its `def` endpoint are given."""
    sessions: list[Session] = []
    app = FastAPI()

    @inject
    def get_user(session: Annotated[Session, Depends(Provide["session"])]) -> None:
        sessions.append(session)

    @app.get("/", dependencies=[Depends(get_user)])
    @inject
    def use_session(session: Annotated[Session, Depends(Provide["session"])]) -> None:
        sessions.append(session)

    with new_database():
        container = ContextLocalContainer(settings=load_settings())
        container.wire(modules=[module_with(get_user, use_session)])
        TestClient(app).get("/").raise_for_status()
        container.unwire()
    return len(set(map(id, sessions)))
