"""Step 01: `Depends` builds every object for the request that asks for it."""

import inspect
from collections.abc import Iterator
from typing import get_args

import httpx2
import pytest
from fastapi.params import Depends as DependsMarker
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from steps.domain.settings import Settings
from steps.step_01_depends.dependencies import get_s3_client, get_settings
from steps.step_01_depends.main import create_app
from steps.step_01_depends.services import UserService
from steps.workbook.recording.events import Recording
from steps.workbook.world.serving import LOOPBACK, serve
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture
def client(recording: Recording) -> Iterator[TestClient]:
    with TestClient(recording.wrap(create_app())) as client:
        yield client


def test_nothing_is_built_before_the_first_request(
    client: TestClient, recording: Recording
) -> None:
    assert recording.events == []


@often_said(
    "By default a dependency lives for one request.",
    "holds",
    "Each request of step 01 opens an engine of its own, and closes it.",
    step=1,
)
def test_each_request_builds_and_closes_an_engine_of_its_own(
    client: TestClient, recording: Recording
) -> None:
    for _ in range(3):
        client.get("/health")

    assert [recording.count("engine", "opened", request=n) for n in (1, 2, 3)] == [1, 1, 1]
    assert recording.left_open() == []


def test_each_request_builds_and_closes_an_s3_client_of_its_own(
    client: TestClient, recording: Recording
) -> None:
    for _ in range(3):
        assert client.get("/buckets").status_code == 200

    assert [recording.count("S3 client", "opened", request=n) for n in (1, 2, 3)] == [1, 1, 1]
    assert recording.left_open() == []


@often_said(
    "Every request builds all dependencies of the app.",
    "never held",
    "A request builds what its own endpoint asks for, and nothing else.",
    step=1,
)
def test_a_request_builds_only_what_it_asks_for(client: TestClient, recording: Recording) -> None:
    client.get("/health")
    assert recording.count("S3 client", "opened") == 0

    client.get("/buckets")
    assert recording.count("engine", "opened") == 1


def test_both_repositories_of_a_request_share_one_session(
    client: TestClient, recording: Recording
) -> None:
    client.post("/users", json=ADA)

    assert recording.count("session", "opened") == 1
    assert recording.count("transaction", "begins") == 1


def test_the_commit_comes_before_the_response_and_the_engine_closes_after_it(
    client: TestClient, recording: Recording
) -> None:
    client.post("/users", json=ADA)

    assert recording.order("transaction 1 commits", "response 1 starts", "engine 1 closed")


def test_an_error_rolls_back_before_the_response(client: TestClient, recording: Recording) -> None:
    client.post("/users", json=ADA)
    client.post("/users", json=ADA)

    assert recording.order("transaction rolls back", "response starts", request=2)
    assert recording.count("transaction", "commits", request=2) == 0


def test_a_commit_that_fails_is_never_acknowledged() -> None:
    def refuse(session: Session) -> None:
        raise RuntimeError("the disk is full")

    with serve(create_app()) as url:
        event.listen(Session, "before_commit", refuse)
        refused = httpx2.post(f"{url}/users", json=ADA, **LOOPBACK)
        event.remove(Session, "before_commit", refuse)
        accepted = httpx2.post(f"{url}/users", json=ADA, **LOOPBACK)

    assert (refused.status_code, accepted.status_code) == (500, 201)


def test_overriding_one_dependency_leaves_the_rest_real(recording: Recording) -> None:
    class OneBucket:
        def list_buckets(self) -> dict[str, list[dict[str, str]]]:
            return {"Buckets": [{"Name": "fake"}]}

    app = create_app()
    app.dependency_overrides[get_s3_client] = OneBucket
    with TestClient(app) as client:
        assert client.get("/buckets").json() == ["fake"]
        assert client.post("/users", json=ADA).status_code == 201

    assert recording.count("S3 client", "opened") == 0
    assert recording.count("engine", "opened") == 1


def test_overriding_the_settings_reaches_everything_built_from_them() -> None:
    app = create_app()
    app.dependency_overrides[get_settings] = lambda: Settings(s3_endpoint_url="http://127.0.0.1:1")
    with TestClient(app) as client:
        assert client.get("/buckets").status_code == 503


def test_a_bad_setting_is_found_by_the_first_request_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        answer = client.get("/health")

    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Server Error"})


def test_flaw_the_services_constructor_speaks_fastapi() -> None:
    parameters = list(inspect.signature(UserService).parameters.values())

    assert all(isinstance(get_args(p.annotation)[1], DependsMarker) for p in parameters)
