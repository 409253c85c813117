"""The app: nothing is built before the first request."""

from fastapi import FastAPI

from steps.step_02_lru_cache_singleton import NUMBER
from steps.step_02_lru_cache_singleton.routes import router
from steps.web.errors import install_error_handlers


def create_app() -> FastAPI:
    app = FastAPI(title=f"Accounts, step {NUMBER:02}")
    install_error_handlers(app)
    app.include_router(router)
    return app


app = create_app()
