"""
People think: When the app ends, Python closes the engine by itself.
Rejected by: test_the_engine_is_closed_when_the_app_ends
Message: when the app stops
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
        app.state.core = Core(create_engine(database_url))
        yield

    return FastAPI(lifespan=lifespan)
