"""The app: its lifespan opens the infrastructure and lets the handlers register their routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from steps.web.errors import install_error_handlers

from . import NUMBER
from .app import App
from .config import Config
from .infra import InfraContainer


def create_app(config: Config | None = None) -> FastAPI:
    router = APIRouter()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        infra = await InfraContainer.open(config or Config.from_env())
        try:
            app.state.application = App(infra)
            router.routes.clear()  # a lifespan before this one left routes to what is closed
            app.state.application.register_routes(router)
            yield
        finally:
            await infra.close()

    app = FastAPI(title=f"Accounts, step {NUMBER:02}", lifespan=lifespan)
    install_error_handlers(app)
    app.include_router(router)  # takes the router, not its routes: they come later
    return app


app = create_app()
