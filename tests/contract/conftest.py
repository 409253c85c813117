"""Every step, in process and over a real socket, behind one and the same client."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx2
import pytest
from fastapi.testclient import TestClient

from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.environment import forget_buckets, new_database, variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import LOOPBACK, serve
from steps.workbook.world.singletons import own_singletons
from tests.contract.database import Database
from tests.contract.service import Service

API_KEY = "key"


@pytest.fixture(scope="session", params=STEPS, ids=lambda step: f"step_{step.number:02}")
def step(request: pytest.FixtureRequest) -> Step:
    assert isinstance(request.param, Step)
    return request.param


@pytest.fixture(scope="session")
def step_on_postgresql(step: Step, postgresql_url: str) -> Iterator[Database]:
    """The step's own database on a PostgreSQL server."""
    with new_postgresql_database(postgresql_url) as url, closing(Database(url)) as database:
        yield database


@contextmanager
def open_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Give out a database without rows, which the environment names: the one that `params` says."""
    with new_database() as sqlite_url, ExitStack() as stack:
        if request.param == "PostgreSQL":
            database: Database = request.getfixturevalue("step_on_postgresql")
            database.forget_rows()
            stack.enter_context(variables({"DATABASE_URL": database.url}))
        else:
            database = stack.enter_context(closing(Database(sqlite_url)))
        yield database


@pytest.fixture(scope="session", params=["in process", "socket", "PostgreSQL"])
def running_service(step: Step, s3_url: str, request: pytest.FixtureRequest) -> Iterator[Service]:
    """On SQLite but for the last one, which talks over a socket, too."""
    with open_database(request) as database, ExitStack() as stack:
        stack.enter_context(variables({"S3_ENDPOINT_URL": s3_url, "API_KEY": API_KEY}))
        stack.enter_context(own_singletons(step))
        app = step.create_app()
        if request.param == "in process":
            client: httpx2.Client = TestClient(app, raise_server_exceptions=False)
        else:
            url = stack.enter_context(serve(app))
            client = httpx2.Client(base_url=url, **LOOPBACK)
        stack.enter_context(client)
        client.get("/health").raise_for_status()  # a new SQLite file gets its tables now
        yield Service(step, client, database, API_KEY)


@pytest.fixture
def service(running_service: Service, quick_hashing: None) -> Service:
    """A running step without users and without buckets."""
    running_service.database.forget_rows()
    forget_buckets()
    return running_service


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Nobody who uses it talks to S3."""
    with open_database(request) as database:
        yield database


@pytest.fixture
def client(service: Service) -> httpx2.Client:
    return service.client


@pytest.fixture
def api_key(service: Service) -> dict[str, str]:
    return {"X-API-Key": service.api_key}
