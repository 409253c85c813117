"""03b · The engine that stays open · repair · 8 minutes

Read notebook 03, "Two resources to open".
Make this lifespan close all that it has opened, also when opening or closing
fails or an error ends the app. Then run: make exercise STEP=3
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
        s3_client = open_s3_client()  # TODO: if this fails, who closes the engine?
        app.state.engine, app.state.s3_client = engine, s3_client
        yield
        s3_client.close()
        engine.dispose()

    return FastAPI(lifespan=lifespan)
