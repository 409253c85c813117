"""How many sessions requests are given when the container owns the session."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Annotated, Any

from dependency_injector.wiring import Closing, Provide, inject
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from steps.domain.settings import load_settings
from steps.step_05_ioc_container.dependencies import SessionDep
from steps.step_05_ioc_container.main import create_app
from steps.workbook.experiments.step_05.named_hashers import module_with
from steps.workbook.experiments.step_05.resource_containers import (
    AnyContainer,
    ContextLocalContainer,
    ResourceContainer,
)
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import client_of, serve

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""


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


def two_sessions_in_one_request() -> int:
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

    get_with_context_local_sessions(app, get_user, use_session)
    return len(set(map(id, sessions)))


def get_with_context_local_sessions(app: FastAPI, *functions: Callable[..., object]) -> None:
    """Ask `app` once, whose functions are given their sessions by a `ContextLocalResource`."""
    with new_database():
        container = ContextLocalContainer(settings=load_settings())
        container.wire(modules=[module_with(*functions)])
        TestClient(app).get("/").raise_for_status()
        container.unwire()
        container.engine().dispose()
