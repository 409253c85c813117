"""The app: nothing is built before the first request."""

from fastapi import FastAPI

from steps.web.errors import install_error_handlers

from . import NUMBER
from .routes import router


def create_app() -> FastAPI:
    app = FastAPI(title=f"Accounts, step {NUMBER:02}")
    install_error_handlers(app)
    app.include_router(router)
    return app


app = create_app()
