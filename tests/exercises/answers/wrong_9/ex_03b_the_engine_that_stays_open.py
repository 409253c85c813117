"""
People think: Closing never fails, so one finally may hold both closes.
Rejected by: test_a_close_that_fails_does_not_keep_the_others_open
Message: skips the line below it
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
        try:
            yield
        finally:
            s3_client.close()
            engine.dispose()

    return FastAPI(lifespan=lifespan)
