"""The app: its handlers register their routes, and the lifespan opens what they will call."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import APIRouter, FastAPI

from steps.web.errors import install_error_handlers

from . import NUMBER
from .app import App
from .bucket_handler import BucketHandler
from .config import Config
from .dependencies import require_api_key
from .health_handler import HealthHandler
from .infra import InfraContainer
from .user_handler import UserHandler


class RouteRegistrar(Protocol):
    def register_routes(self, router: APIRouter) -> None: ...


def make_handlers(application: Callable[[], App]) -> tuple[RouteRegistrar, ...]:
    return (
        UserHandler(lambda: application().user_service),
        BucketHandler(lambda: application().bucket_repository, require_api_key),
        HealthHandler(lambda: application().engine),
    )


def create_app(config: Config | None = None) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        infra = await InfraContainer.open(config or Config.from_env())
        try:
            app.state.application = App(infra)
            yield
            del app.state.application
        finally:
            await infra.close()

    app = FastAPI(title=f"Accounts, step {NUMBER:02}", lifespan=lifespan)
    install_error_handlers(app)
    for handler in make_handlers(lambda: app.state.application):  # routes come before the start
        handler.register_routes(app.router)
    return app


app = create_app()
