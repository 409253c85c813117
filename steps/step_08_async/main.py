"""The app: its lifespan opens the container before the first request and closes it after all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from steps.domain.settings import Settings, load_settings
from steps.web.errors import install_error_handlers

from . import NUMBER
from .container import open_container
from .routes import router


def create_app(settings: Settings | None = None) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_container(settings or load_settings()) as container:
            app.state.container = container
            yield
            del app.state.container

    app = FastAPI(title=f"Accounts, step {NUMBER:02}", lifespan=lifespan)
    install_error_handlers(app)
    app.include_router(router)
    return app


app = create_app()
