"""The container makes what a request needs, but for the session: this file makes and commits it."""

import secrets
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader
from sqlalchemy.orm import Session

from steps.domain import ports
from steps.domain.errors import InvalidApiKey
from steps.infrastructure.database import POOL_SIZE

from .accessors import Accessors
from .services import UserService


def accessors_of(request: Request) -> Accessors:
    accessors: Accessors = request.app.state.accessors
    return accessors


def get_session(request: Request) -> Iterator[Session]:
    with accessors_of(request).session() as session:
        yield session
        session.commit()


# Function scope: the commit comes before the response, so a 201 means that the row is there.
# The limit: no request waits for a connection while it holds one of the 40 worker threads.
SessionDep = Annotated[Session, Depends(get_session, scope="function", max_concurrency=POOL_SIZE)]


async def get_user_service(request: Request, session: SessionDep) -> UserService:
    return accessors_of(request).user_service(session)


UserServiceDep = Annotated[UserService, Depends(get_user_service)]


async def get_bucket_repository(request: Request) -> ports.BucketRepository:
    return accessors_of(request).bucket_repository()


BucketRepositoryDep = Annotated[ports.BucketRepository, Depends(get_bucket_repository)]


def require_api_key(
    request: Request,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    settings = accessors_of(request).settings()
    expected = settings.api_key.get_secret_value() if settings.api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
