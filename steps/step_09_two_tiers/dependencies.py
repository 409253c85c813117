"""What a request needs comes from the application tier."""

import secrets
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain import ports
from steps.domain.errors import InvalidApiKey

from .app import App
from .services import UserService


async def get_application(connection: HTTPConnection) -> App:
    application: App = connection.app.state.application
    return application


ApplicationDep = Annotated[App, Depends(get_application)]


async def get_engine(application: ApplicationDep) -> AsyncEngine:
    return application.engine


EngineDep = Annotated[AsyncEngine, Depends(get_engine)]


async def get_user_service(application: ApplicationDep) -> UserService:
    return application.user_service


UserServiceDep = Annotated[UserService, Depends(get_user_service)]


async def get_bucket_repository(application: ApplicationDep) -> ports.BucketRepository:
    return application.bucket_repository


BucketRepositoryDep = Annotated[ports.BucketRepository, Depends(get_bucket_repository)]


async def require_api_key(
    application: ApplicationDep,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    api_key = application.config.api_key
    expected = api_key.get_secret_value() if api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
