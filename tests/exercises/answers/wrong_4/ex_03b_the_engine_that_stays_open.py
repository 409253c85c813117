"""
People think: After closing the engine, the lifespan can return: the error is dealt with.
Rejected by: test_a_failed_start_still_says_why
Message: did not open
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

Open = Callable[[], Any]


def create_app(open_engine: Open, open_s3_client: Open) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = open_engine()
        try:
            s3_client = open_s3_client()
        except OSError:
            engine.dispose()
            return
        app.state.engine, app.state.s3_client = engine, s3_client
        try:
            yield
        finally:
            s3_client.close()
            engine.dispose()

    return FastAPI(lifespan=lifespan)
