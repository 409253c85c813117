"""The call that tells whether the service can work."""

from collections.abc import Callable

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain.schemas import Health

from . import NUMBER


class HealthHandler:
    def __init__(self, engine: Callable[[], AsyncEngine]) -> None:
        self._engine = engine

    def register_routes(self, router: APIRouter) -> None:
        router.get("/health")(self.health)

    async def health(self) -> Health:
        async with self._engine().connect() as connection:
            await connection.execute(text("SELECT 1"))
        return Health(step=NUMBER, database="ok")
