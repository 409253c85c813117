"""
People think: A core that is there already need not be opened again.
Rejected by: test_an_app_that_starts_again_opens_a_new_core
Message: closed
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
        if not hasattr(app.state, "core"):
            app.state.core = Core(create_engine(database_url))
        try:
            yield
        finally:
            app.state.core.engine.dispose()

    return FastAPI(lifespan=lifespan)
