"""Step 02: `lru_cache` keeps one engine and one S3 client for the whole process."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.infrastructure.database import open_engine
from steps.step_02_lru_cache_singleton import dependencies
from steps.step_02_lru_cache_singleton.dependencies import (
    get_engine,
    get_settings,
)
from steps.step_02_lru_cache_singleton.main import create_app
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.world.singletons import clear_caches, own_singletons

STEP = find_step(2)

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")


@pytest.fixture(autouse=True)
def _own_singletons(environment: None) -> Iterator[None]:
    with own_singletons(STEP):
        yield


def test_three_requests_share_one_engine_and_one_s3_client(recording: Recording) -> None:
    with TestClient(create_app()) as client:
        for _ in range(3):
            client.get("/health")
            client.get("/buckets")

    assert recording.count("engine", "opened") == 1
    assert recording.count("S3 client", "opened") == 1


def test_each_request_still_has_its_own_transaction(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        for number in (1, 2, 3):
            client.get(f"/users/{number}")

    assert [recording.count("transaction", "begins", request=n) for n in (1, 2, 3)] == [1, 1, 1]


def test_flaw_nothing_closes_them_when_the_app_stops(recording: Recording) -> None:
    with TestClient(create_app()) as client:
        client.get("/health")
        client.get("/buckets")

    assert recording.left_open() == ["engine 1", "connection 1", "S3 client 1"]


def test_flaw_first_calls_that_meet_build_several(
    monkeypatch: pytest.MonkeyPatch, recording: Recording
) -> None:
    """All callers are inside the constructor before the first one leaves it."""
    callers = 5
    together = Barrier(callers)

    def open_together(settings: Settings) -> Engine:
        together.wait(timeout=10)
        return open_engine(settings)

    monkeypatch.setattr(dependencies, "open_engine", open_together)
    get_settings()
    with ThreadPoolExecutor(callers) as threads:
        engines = list(threads.map(lambda _: get_engine(), range(callers)))

    assert recording.count("engine", "opened") == callers
    assert len(set(map(id, engines))) == callers
    for engine in engines:
        engine.dispose()


def test_flaw_another_app_gets_the_first_ones_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with TestClient(create_app()) as client:
        client.get("/health")

    monkeypatch.setenv("DATABASE_URL", sqlite_url(tmp_path / "other.db"))
    with TestClient(create_app()) as client:
        client.get("/health")
    assert not (tmp_path / "other.db").exists()

    clear_caches(STEP)
    with TestClient(create_app()) as client:
        client.get("/health")
    assert (tmp_path / "other.db").exists()


def test_flaw_overriding_the_settings_does_not_reach_the_client() -> None:
    app = create_app()
    app.dependency_overrides[get_settings] = lambda: Settings(s3_endpoint_url="http://127.0.0.1:1")

    with TestClient(app) as client:
        assert client.get("/buckets").status_code == 200


def test_an_argument_becomes_a_cache_key(recording: Recording) -> None:
    cached = lru_cache(open_engine)
    settings = load_settings()

    same = cached(settings) is cached(settings)
    other = cached(settings.model_copy(update={"db_echo": True}))

    assert same
    assert recording.count("engine", "opened") == 2
    cached(settings).dispose()
    other.dispose()


def test_a_bad_setting_is_found_by_the_first_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Server Error"})
