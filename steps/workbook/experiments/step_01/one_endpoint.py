"""The smallest app: it has one endpoint and nothing else."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

Function = Callable[..., Any]


def client_with(endpoint: Function) -> TestClient:
    """Return a client of an app that has nothing but this endpoint, at `/`."""
    app = FastAPI()
    app.get("/", response_model=None)(endpoint)
    return TestClient(app)
