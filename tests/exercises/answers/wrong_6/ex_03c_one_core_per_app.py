"""
People think: FastAPI knows the request by the parameter's name.
Rejected by: test_a_request_gets_a_core_with_the_database_of_its_app
Message: 422
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Core:
    engine: Engine


async def get_core(request) -> Core:
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
