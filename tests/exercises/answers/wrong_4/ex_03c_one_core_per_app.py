"""
People think: The core belongs to the app, so create_app opens it.
Rejected by: test_one_engine_opens_at_the_start_and_serves_all_requests
Message: Making an app opens nothing
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Core:
    engine: Engine


async def get_core(request: Request) -> Core:
    return request.app.state.core


def create_app(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            core.engine.dispose()

    core = Core(create_engine(database_url))
    app = FastAPI(lifespan=lifespan)
    app.state.core = core
    return app
