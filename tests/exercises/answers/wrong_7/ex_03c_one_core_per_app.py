"""
People think: A cache that goes by the URL gives each app its own core.
Rejected by: test_two_apps_in_one_process_have_a_core_each
Message: on the same database
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache

from fastapi import FastAPI, Request
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Core:
    engine: Engine


@lru_cache
def open_core(database_url: str) -> Core:
    return Core(create_engine(database_url))


async def get_core(request: Request) -> Core:
    return request.app.state.core


def create_app(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        core = open_core(database_url)
        app.state.core = core
        try:
            yield
        finally:
            core.engine.dispose()

    return FastAPI(lifespan=lifespan)
