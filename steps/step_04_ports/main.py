"""The app: its lifespan opens the core before the first request and closes it after the last."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from steps.domain.settings import Settings, load_settings
from steps.web.errors import install_error_handlers

from . import NUMBER
from .core import open_core
from .routes import router


def create_app(settings: Settings | None = None) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_core(settings or load_settings()) as core:
            app.state.core = core
            yield
            del app.state.core

    app = FastAPI(title=f"Accounts, step {NUMBER:02}", lifespan=lifespan)
    install_error_handlers(app)
    app.include_router(router)
    return app


app = create_app()
