"""
People think: A provider has to make what it hands over.
Rejected by: test_one_engine_opens_at_the_start_and_serves_all_requests
Message: An accessor makes nothing
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
    return Core(create_engine(request.app.state.database_url))


def create_app(database_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database_url = database_url
        yield

    return FastAPI(lifespan=lifespan)
