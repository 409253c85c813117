"""What a request needs comes from the app's container."""

import secrets
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine

from steps.domain import ports
from steps.domain.errors import InvalidApiKey

from .container import Container
from .services import UserService


async def get_container(connection: HTTPConnection) -> Container:
    container: Container = connection.app.state.container
    return container


ContainerDep = Annotated[Container, Depends(get_container)]


async def get_engine(container: ContainerDep) -> Engine:
    return container.engine()


EngineDep = Annotated[Engine, Depends(get_engine)]


async def get_user_service(container: ContainerDep) -> UserService:
    return container.user_service()


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
