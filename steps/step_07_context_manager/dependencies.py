"""The container makes all that a request needs."""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine

from steps.domain import ports
from steps.domain.errors import InvalidApiKey

from .accessors import Accessors
from .services import UserService


def accessors_of(request: Request) -> Accessors:
    accessors: Accessors = request.app.state.accessors
    return accessors


async def get_engine(request: Request) -> Engine:
    return accessors_of(request).engine()


EngineDep = Annotated[Engine, Depends(get_engine)]


async def get_user_service(request: Request) -> UserService:
    return accessors_of(request).user_service()


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
