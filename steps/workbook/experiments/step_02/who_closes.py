"""Whose a cached object is: nobody closes it, every test meets it, and settings come too late."""

import os
from functools import lru_cache
from importlib import import_module
from itertools import count
from typing import Annotated, Any, cast
from unittest.mock import patch

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import QueuePool

from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.infrastructure.database import open_engine
from steps.step_02_lru_cache_singleton.dependencies import (
    get_engine,
)
from steps.step_02_lru_cache_singleton.main import create_app
from steps.workbook.catalogue import Step, find_step
from steps.workbook.experiments.step_02.cold_starts import (
    ADA,
    cold_start,
    database_in,
    forget_singletons,
    log_of_uvicorn,
    new_client,
    new_folder,
)
from steps.workbook.world.databases import count_users
from steps.workbook.world.serving import serve


def nothing_closes_the_engine() -> dict[str, int]:
    with cold_start() as recording:
        with serve(recording.wrap(create_app())) as url, new_client() as client:
            client.get(f"{url}/health")
        return {
            "opened": recording.count("engine", "opened"),
            "closed when the server is gone": recording.count("engine", "closed"),
            "connections it still holds": cast(QueuePool, get_engine().pool).checkedin(),
        }


def a_test_meets_the_user_of_the_test_before() -> dict[str, int]:
    """Two tests with a database each. The first signs Ada up; the second looks for her."""
    with cold_start(), TestClient(create_app()) as client:
        answers = {"test 1 signs Ada up": client.post("/users", json=ADA).status_code}
        with new_folder() as folder, database_in(folder):
            answers["test 2 looks for her"] = client.get("/users/1").status_code
            forget_singletons()
            answers["the same after cache_clear()"] = client.get("/users/1").status_code
            forget_singletons()
    return answers


def one_request_changes_the_config_of_the_next() -> list[str]:
    @lru_cache
    def get_config() -> dict[str, str]:
        return {"greeting": "hello"}

    app = FastAPI()

    @app.get("/")
    def greet(config: Annotated[dict[str, str], Depends(get_config)]) -> str:
        greeting = config["greeting"]
        config["greeting"] = "changed by a request"
        return greeting

    client = TestClient(app)
    return [client.get("/").json() for _ in range(2)]


def scope_singleton_means_nothing_to_fastapi() -> list[int]:
    """Two requests ask for a provider that counts its calls."""
    calls = count(1)
    singleton: Any = "singleton"  # a type checker refuses it where FastAPI does not
    app = FastAPI()

    @app.get("/")
    def answer(call: Annotated[int, Depends(lambda: next(calls), scope=singleton)]) -> int:
        return call

    client = TestClient(app)
    return [client.get("/").json() for _ in range(2)]


def overridden_settings_do_not_reach_the_engine_of_step_02() -> dict[str, int]:
    return where_a_sign_up_lands(find_step(2))


def where_a_sign_up_lands(step: Step) -> dict[str, int]:
    """Override an app's settings as its tests would, then sign Ada up."""
    with cold_start(), new_folder() as folder:
        real = load_settings()
        for_tests = Settings(database_url=SecretStr(sqlite_url(folder / "tests.db")))
        app = step.create_app()
        provider = import_module(f"{step.package}.dependencies").get_settings
        app.dependency_overrides[provider] = lambda: for_tests
        TestClient(app).post("/users", json=ADA).raise_for_status()
        return {
            "users in the test database": _count_users(for_tests),
            "users in the real database": _count_users(real),
        }


def _count_users(settings: Settings) -> int:
    engine = open_engine(settings)
    try:
        return count_users(engine)
    finally:
        engine.dispose()


def a_bad_url_waits_for_the_first_request() -> dict[str, object]:
    with (
        cold_start(),
        patch.dict(os.environ, DATABASE_URL="nonsense"),
        log_of_uvicorn() as log,
        serve(create_app()) as url,
        new_client() as client,
    ):
        documentation = client.get(f"{url}/openapi.json")
        health = client.get(f"{url}/health")
    return {
        "/openapi.json": documentation.status_code,
        "/health": health.status_code,
        "its body": health.json(),
        "the server's log": log[-1],
    }
