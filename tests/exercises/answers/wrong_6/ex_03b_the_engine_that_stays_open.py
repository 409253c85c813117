"""
People think: One try and finally around everything does what a stack does.
Rejected by: test_a_failed_start_leaves_nothing_open
Message: UnboundLocalError
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

Open = Callable[[], Any]


def create_app(open_engine: Open, open_s3_client: Open) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            engine = open_engine()
            s3_client = open_s3_client()
            app.state.engine, app.state.s3_client = engine, s3_client
            yield
        finally:
            s3_client.close()
            engine.dispose()

    return FastAPI(lifespan=lifespan)
