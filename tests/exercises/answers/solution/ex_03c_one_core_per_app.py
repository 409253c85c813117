"""`request.app` is the app that answers, and its `state` belongs to it alone: so each app hands
over its own core, and no module keeps one. The lifespan opens it, so making or importing an
app opens nothing, and each start gets a fresh core. `finally` closes the engine after a good
end and after an error.
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
        core = Core(create_engine(database_url))
        app.state.core = core
        try:
            yield
        finally:
            core.engine.dispose()

    return FastAPI(lifespan=lifespan)
