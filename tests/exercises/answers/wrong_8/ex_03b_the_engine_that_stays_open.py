"""
People think: The exit stack closes at the end, so the yield may stand below its block.
Rejected by: test_both_are_open_while_the_app_answers
Message: Requests need both
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
            stack.callback(s3_client.close)
            app.state.engine, app.state.s3_client = engine, s3_client
        yield

    return FastAPI(lifespan=lifespan)
