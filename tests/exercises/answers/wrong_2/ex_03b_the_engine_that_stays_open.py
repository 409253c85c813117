"""
People think: With an exit stack it does not matter when the callbacks are pushed.
Rejected by: test_a_failed_start_leaves_nothing_open
Message: before its yield
"""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

Open = Callable[[], Any]


def create_app(open_engine: Open, open_s3_client: Open) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            engine = open_engine()
            s3_client = open_s3_client()
            stack.callback(engine.dispose)
            stack.callback(s3_client.close)
            app.state.engine, app.state.s3_client = engine, s3_client
            yield

    return FastAPI(lifespan=lifespan)
