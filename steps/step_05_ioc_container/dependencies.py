"""What a request needs comes from the app's container, but for the session: it is built here."""

import secrets
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.domain import ports
from steps.domain.errors import InvalidApiKey
from steps.infrastructure.database import POOL_SIZE

from .container import Container
from .services import UserService


async def get_container(connection: HTTPConnection) -> Container:
    container: Container = connection.app.state.container
    return container


ContainerDep = Annotated[Container, Depends(get_container)]


async def get_engine(container: ContainerDep) -> Engine:
    return container.engine()


EngineDep = Annotated[Engine, Depends(get_engine)]


def get_session(engine: EngineDep) -> Iterator[Session]:
    with Session(engine) as session:
        yield session
        session.commit()


# Function scope: the commit comes before the response, so a 201 means that the row is there.
# The limit: no session waits for a connection while it holds one of the 40 worker threads.
SessionDep = Annotated[Session, Depends(get_session, scope="function", max_concurrency=POOL_SIZE)]


async def get_user_service(container: ContainerDep, session: SessionDep) -> UserService:
    return container.user_service(users__session=session, audit_events__session=session)


UserServiceDep = Annotated[UserService, Depends(get_user_service)]


async def get_bucket_repository(container: ContainerDep) -> ports.BucketRepository:
    return container.bucket_repository()


BucketRepositoryDep = Annotated[ports.BucketRepository, Depends(get_bucket_repository)]


def require_api_key(
    container: ContainerDep,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    settings = container.settings()
    expected = settings.api_key.get_secret_value() if settings.api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
