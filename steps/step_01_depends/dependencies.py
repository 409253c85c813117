"""Settings, engine, S3 client and session are built for each request that asks for them."""

import secrets
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.domain.errors import InvalidApiKey
from steps.domain.settings import Settings, load_settings
from steps.infrastructure.database import POOL_SIZE, open_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client


def get_settings() -> Settings:
    return load_settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]


def get_engine(settings: SettingsDep) -> Iterator[Engine]:
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


EngineDep = Annotated[Engine, Depends(get_engine)]


def get_s3_client(settings: SettingsDep) -> Iterator[S3Client]:
    s3_client = open_s3_client(settings)
    try:
        yield s3_client
    finally:
        close_s3_client(s3_client)


S3ClientDep = Annotated[S3Client, Depends(get_s3_client)]


def get_session(engine: EngineDep) -> Iterator[Session]:
    with Session(engine) as session:
        yield session
        session.commit()


# Function scope: the commit comes before the response, so a 201 means that the row is there.
# The limit: SQLite lets one session write, and those that wait must not hold all worker threads.
SessionDep = Annotated[Session, Depends(get_session, scope="function", max_concurrency=POOL_SIZE)]


def require_api_key(
    settings: SettingsDep,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    expected = settings.api_key.get_secret_value() if settings.api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
