"""Settings, engine and S3 client come from the app's core; the session is built per request."""

import secrets
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.domain.errors import InvalidApiKey
from steps.domain.settings import Settings
from steps.infrastructure.database import POOL_SIZE
from steps.infrastructure.object_storage import S3Client

from .core import Core


async def get_core(connection: HTTPConnection) -> Core:  # async: it needs no worker thread
    core: Core = connection.app.state.core
    return core


CoreDep = Annotated[Core, Depends(get_core)]


async def get_settings(core: CoreDep) -> Settings:
    return core.settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_engine(core: CoreDep) -> Engine:
    return core.engine


EngineDep = Annotated[Engine, Depends(get_engine)]


async def get_s3_client(core: CoreDep) -> S3Client:
    return core.s3_client


S3ClientDep = Annotated[S3Client, Depends(get_s3_client)]


def get_session(engine: EngineDep) -> Iterator[Session]:
    with Session(engine) as session:
        yield session
        session.commit()


# Function scope: the commit comes before the response, so a 201 means that the row is there.
# The limit: no session waits for a connection while it holds one of the 40 worker threads.
SessionDep = Annotated[Session, Depends(get_session, scope="function", max_concurrency=POOL_SIZE)]


def require_api_key(
    settings: SettingsDep,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    expected = settings.api_key.get_secret_value() if settings.api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
