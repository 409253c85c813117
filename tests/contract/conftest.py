"""Every step, in process and over a real socket, behind one and the same client."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from steps.workbook.catalogue import STEPS, Step
from steps.workbook.environment import embedded_environment, forget_buckets
from steps.workbook.serving import serve
from steps.workbook.singletons import own_singletons
from tests.contract.service import Service


@pytest.fixture(scope="session", params=STEPS, ids=lambda step: f"step_{step.number:02}")
def step(request: pytest.FixtureRequest) -> Step:
    assert isinstance(request.param, Step)
    return request.param


@pytest.fixture(scope="session", params=["in process", "socket"])
def running_service(step: Step, request: pytest.FixtureRequest) -> Iterator[Service]:
    with ExitStack() as stack:
        environment = stack.enter_context(embedded_environment())
        stack.enter_context(own_singletons(step))
        app = step.create_app()
        if request.param == "socket":
            url = stack.enter_context(serve(app))
            client = stack.enter_context(httpx2.Client(base_url=url, trust_env=False))
        else:
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
        client.get("/health").raise_for_status()  # a new SQLite file gets its tables now
        database = Path(environment["DATABASE_URL"].removeprefix("sqlite:///"))
        yield Service(step, client, database, environment["API_KEY"])


@pytest.fixture
def service(running_service: Service, quick_hashing: None) -> Service:
    """A running step without users and without buckets."""
    running_service.forget_rows()
    forget_buckets()
    return running_service


@pytest.fixture
def client(service: Service) -> httpx2.Client:
    return service.client


@pytest.fixture
def api_key(service: Service) -> dict[str, str]:
    return {"X-API-Key": service.api_key}
