"""The key, which FastAPI asks for: so `dependency_overrides[require_api_key]` replaces it."""

import secrets
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader

from steps.domain.errors import InvalidApiKey

from .app import App


async def require_api_key(
    connection: HTTPConnection,
    sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> None:
    application: App = connection.app.state.application
    api_key = application.config.api_key
    expected = api_key.get_secret_value() if api_key else None
    if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
        raise InvalidApiKey
