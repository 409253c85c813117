"""What callers see when the service's surroundings are not as they should be."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain.urls import folder_url, sqlite_url
from steps.infrastructure import announcements
from steps.workbook.catalogue import Step
from steps.workbook.world.singletons import own_singletons

ADA = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture
def engines() -> Iterator[list[Engine | AsyncEngine]]:
    """The engines that the step opens."""
    opened: list[Engine | AsyncEngine] = []

    def note(change: announcements.Change, kind: str, subject: object) -> None:
        if isinstance(subject, Engine | AsyncEngine):
            opened.append(subject)

    announcements.listeners.append(note)
    yield opened
    announcements.listeners.remove(note)
    for engine in opened:
        if isinstance(engine, Engine):
            engine.dispose()  # step 02 closes nothing, and a test may have had it opened again


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def client(
    step: Step,
    database: Path,
    engines: list[Engine | AsyncEngine],
    quick_hashing: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestClient]:
    """A step without API_KEY whose object storage nobody serves."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url(database))
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("API_KEY", "")
    monkeypatch.setenv("CELERY_BROKER_URL", folder_url(database.with_name("broker")))
    with (
        own_singletons(step),
        TestClient(step.create_app(), raise_server_exceptions=False) as client,
    ):
        yield client


def test_without_an_api_key_in_the_settings_nobody_creates_a_bucket(client: httpx2.Client) -> None:
    for key in ("", "None", "guess"):
        answer = client.post("/buckets", json={"name": "photos"}, headers={"X-API-Key": key})
        assert answer.status_code == 401


def test_an_unreachable_storage_is_unavailable(client: httpx2.Client) -> None:
    answer = client.get("/buckets")

    assert answer.status_code == 503
    assert answer.json() == {"detail": "The object storage does not answer."}


def test_an_unreachable_storage_does_not_keep_users_away(client: httpx2.Client) -> None:
    assert client.post("/users", json=ADA).status_code == 201


def test_a_database_that_goes_away_is_unavailable_until_it_is_back(
    client: TestClient, engines: list[Engine | AsyncEngine], database: Path
) -> None:
    assert client.post("/users", json=ADA).status_code == 201
    away = database.with_name("away.db")
    engine = engines[-1]
    if isinstance(engine, AsyncEngine):
        assert client.portal
        client.portal.call(engine.dispose)
    else:
        engine.dispose()
    database.rename(away)
    database.mkdir()  # SQLite cannot open a folder

    for answer in (client.get("/health"), client.post("/login", json=ADA), client.get("/users/1")):
        assert answer.status_code == 503
        assert answer.json() == {"detail": "The database does not answer."}

    database.rmdir()
    away.rename(database)
    assert client.get("/health").status_code == 200
    assert client.post("/login", json=ADA).status_code == 200
