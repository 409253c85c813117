"""The app: its lifespan opens the infrastructure and puts the application together on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from steps.web.errors import install_error_handlers

from . import NUMBER
from .app import App
from .config import Config
from .infra import InfraContainer
from .routes import router


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
    app.include_router(router)
    return app


app = create_app()
