"""Whether a session that the container owns as a resource is ever committed, and for whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
from dependency_injector.wiring import Closing, Provide, inject
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.exc import PendingRollbackError

from steps.domain.settings import load_settings
from steps.infrastructure.passwords import DECOY_HASH
from steps.step_05_ioc_container.repositories import UserRepository
from steps.web.errors import install_error_handlers
from steps.workbook.experiments.step_05.named_hashers import module_with
from steps.workbook.experiments.step_05.resource_containers import (
    AnyContainer,
    ContextLocalContainer,
    ResourceContainer,
)
from steps.workbook.world.databases import count_users
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import client_of, serve, server_log


def add_sign_ups(app: FastAPI, marker: Any) -> list[Any]:
    """Add a call that succeeds and one that fails after it has written; return both."""

    @app.post("/users/{name}", status_code=201)
    @inject
    def sign_up(name: str, users: Annotated[UserRepository, Depends(marker)]) -> None:
        users.add(f"{name}@example.com", DECOY_HASH)

    @app.post("/failing/{name}")
    @inject
    def sign_up_and_fail(name: str, users: Annotated[UserRepository, Depends(marker)]) -> None:
        users.add(f"{name}@example.com", DECOY_HASH)
        raise OSError("disk full")

    return [sign_up, sign_up_and_fail]


@dataclass
class ServedSignUps:
    """A served app with such a container; `errors` are those that the server logged."""

    container: AnyContainer
    client: httpx2.Client
    database_url: str
    errors: list[str]

    def post(self, *paths: str) -> list[int]:
        return [self.client.post(path).status_code for path in paths]

    def rows(self) -> int:
        return count_users_in(self.database_url)


def count_users_in(database_url: str) -> int:
    """Return how many users a connection of its own sees."""
    engine = create_engine(database_url)
    rows = count_users(engine)
    engine.dispose()
    return rows


@contextmanager
def serve_sign_ups(
    container_class: type[AnyContainer], *, closing: bool = False
) -> Iterator[ServedSignUps]:
    """Serve an app; leave without a word to the session, as a process does that is stopped."""
    marker, app = Provide["user_repository"], FastAPI()
    functions = add_sign_ups(app, Closing[marker] if closing else marker)
    install_error_handlers(app)
    with new_database() as database_url, server_log() as errors:
        container = container_class(settings=load_settings())
        container.wire(modules=[module_with(*functions)])
        try:
            with serve(app) as url, client_of(url) as client:
                yield ServedSignUps(container, client, database_url, errors)
        finally:
            container.unwire()
            if container.session.initialized:
                container.session().close()
                container.shutdown_resources()
            container.engine().dispose()


# One session for the whole app


FIVE_SIGN_UPS = [f"/users/user{number}" for number in range(5)]


def five_sign_ups_are_answered_and_not_committed() -> dict[str, Any]:
    with serve_sign_ups(ResourceContainer) as served:
        statuses = served.post(*FIVE_SIGN_UPS)
        seen = {"statuses": statuses, "rows that another connection sees": served.rows()}
        url = served.database_url
        served.container.session().close()  # what the end of the process does
        return {**seen, "rows after the process has ended": count_users_in(url)}


def one_duplicate_poisons_all_later_requests() -> dict[str, Any]:
    """Sign up Ada, Ada again, Grace and Alan; then shut down."""
    with serve_sign_ups(ResourceContainer) as served:
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
    with serve_sign_ups(ResourceContainer, closing=True) as served:
        return {"statuses": served.post("/failing/ada"), "rows": served.rows()}


# One session per context


def context_local_resource_never_commits() -> dict[str, Any]:
    with serve_sign_ups(ContextLocalContainer) as served:
        statuses = served.post("/users/ada")
        served.container.shutdown_resources()
        return {"statuses": statuses, "rows after shutdown_resources()": served.rows()}


def context_local_closing_commits_a_request_that_failed() -> dict[str, Any]:
    with serve_sign_ups(ContextLocalContainer, closing=True) as served:
        return {"statuses": served.post("/failing/ada"), "rows": served.rows()}
