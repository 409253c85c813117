"""
People think: What opens first also closes first.
Rejected by: test_the_stop_closes_the_last_opened_first
Message: may use what opened before it
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
            stack.callback(engine.dispose)
            s3_client = open_s3_client()
            app.state.engine, app.state.s3_client = engine, s3_client
            try:
                yield
            finally:
                engine.dispose()
                s3_client.close()

    return FastAPI(lifespan=lifespan)
