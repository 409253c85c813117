"""
People think: Only the start can fail: below the yield, plain code is enough.
Rejected by: test_an_error_that_ends_the_app_leaves_nothing_open
Message: comes out of the yield
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
        except Exception:
            engine.dispose()
            raise
        app.state.engine, app.state.s3_client = engine, s3_client
        yield
        s3_client.close()
        engine.dispose()

    return FastAPI(lifespan=lifespan)
