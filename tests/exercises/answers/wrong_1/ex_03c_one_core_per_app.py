"""
People think: A module's global is the place for what an app shares.
Rejected by: test_two_apps_in_one_process_have_a_core_each
Message: A module is shared by all apps
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Core:
    engine: Engine


core: Core | None = None


async def get_core() -> Core | None:
    return core


def create_app(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        global core
        core = Core(create_engine(database_url))
        try:
            yield
        finally:
            core.engine.dispose()

    return FastAPI(lifespan=lifespan)
