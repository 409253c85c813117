"""03c · One core per app · build · 12 minutes

Read notebook 03, "Step 03".
Let each app open a core when it starts, keep it on app.state, hand it to requests by
get_core, and close its engine at the end. Then run: make exercise STEP=3
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Core:
    engine: Engine


async def get_core() -> Core | None:
    return None  # TODO: the core of the app that answers this request


def create_app(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield  # TODO: before it, open the core; at the end, close its engine

    return FastAPI(lifespan=lifespan)
