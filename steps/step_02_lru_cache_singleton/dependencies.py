"""Settings, engine and S3 client are built once per process; the session for each request."""

import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.domain.errors import InvalidApiKey
from steps.domain.settings import Settings, load_settings
from steps.infrastructure.database import POOL_SIZE, open_engine
from steps.infrastructure.object_storage import S3Client, open_s3_client


@lru_cache
def get_settings() -> Settings:
    return load_settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]


@lru_cache
def get_engine() -> Engine:
    return open_engine(get_settings())


EngineDep = Annotated[Engine, Depends(get_engine)]


@lru_cache
def get_s3_client() -> S3Client:
    return open_s3_client(get_settings())


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
