"""Step 03: a `Core` that the lifespan opens and closes lives exactly as long as the app."""

import inspect
import socket
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from fastapi.params import Depends as DependsMarker
from fastapi.testclient import TestClient
from pydantic import SecretStr

from steps.domain.errors import ConfigurationError
from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.step_03_lifespan_singleton import core as core_module
from steps.step_03_lifespan_singleton.core import open_core
from steps.step_03_lifespan_singleton.main import create_app
from steps.step_03_lifespan_singleton.services import UserService
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import HOST, reserve_port
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")


@often_said(
    "All requests share what the lifespan opened.",
    "holds",
    "Three rounds of requests meet one engine, one connection and one S3 client (one process,"
    " one request at a time).",
    step=3,
)
def test_the_app_opens_one_engine_and_one_s3_client_for_all_requests(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        for _ in range(3):
            client.get("/health")
            client.get("/buckets")

    opened = [event for event in recording.events if event.action == "opened"]
    heavy = [(event.subject, event.request) for event in opened if event.kind != "session"]
    assert heavy == [("engine 1", None), ("connection 1", None), ("S3 client 1", None)]


@often_said(
    "What was opened first is closed first.",
    "never held",
    "Step 03's lifespan opens the engine before the S3 client, and closes it after the S3 client.",
    step=3,
)
def test_they_open_before_the_first_request_and_close_after_the_last_in_reverse_order(
    recording: Recording,
) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.get("/health")

    assert recording.order("engine opened", "S3 client opened", "request begins")
    assert recording.order("request ends", "S3 client closed", "engine closed")


def test_what_is_open_closes_when_a_later_resource_fails_to_open(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(settings: Settings) -> None:
        raise ConfigurationError("S3: no client today")

    monkeypatch.setattr(core_module, "open_s3_client", refuse)

    with pytest.raises(ConfigurationError), open_core(load_settings()):
        pass

    assert recording.count("engine", "opened") == 1
    assert recording.left_open() == []


def test_what_is_open_closes_when_the_app_fails(recording: Recording) -> None:
    with pytest.raises(RuntimeError), open_core(load_settings()):
        raise RuntimeError

    assert recording.order("S3 client 1 closed", "engine 1 closed")
    assert recording.left_open() == []


def test_two_apps_in_one_process_have_their_own_databases(tmp_path: Path) -> None:
    databases = [tmp_path / "one.db", tmp_path / "two.db"]
    apps = [create_app(Settings(database_url=SecretStr(sqlite_url(path)))) for path in databases]

    with TestClient(apps[0]) as one, TestClient(apps[1]) as two:
        new_user = {"email": "ada@example.com", "password": "correct horse"}
        assert one.post("/users", json=new_user).status_code == 201
        assert two.post("/users", json=new_user).status_code == 201


def test_a_bad_setting_stops_the_start_before_the_port_opens() -> None:
    servers = {}
    for value in ("nonsense", "sqlite:////no/such/folder/accounts.db"):
        with reserve_port() as reserved:
            port = reserved.getsockname()[1]
        target = "steps.step_03_lifespan_singleton.main:app"
        command = [sys.executable, "-m", "uvicorn", target, "--host", HOST, "--port", str(port)]
        with variables({"DATABASE_URL": value}):
            servers[port] = subprocess.Popen(  # noqa: S603
                [*command, "--log-level", "error"], stderr=subprocess.PIPE, text=True
            )

    for port, server in servers.items():
        _, errors = server.communicate(timeout=60)
        reason, farewell = errors.strip().split("\n")
        assert server.returncode == 3
        assert "DATABASE_URL: " in reason
        assert farewell.endswith("Application startup failed. Exiting.")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), timeout=5)


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "DB_ECHO"])
def test_a_setting_that_cannot_be_stops_the_start_before_anything_opens(
    name: str, recording: Recording
) -> None:
    with (
        variables({name: "nonsense"}),
        pytest.raises(ConfigurationError, match=name),
        TestClient(create_app()),
    ):
        pass

    assert recording.events == []


def test_the_engine_of_a_database_that_does_not_answer_is_closed(recording: Recording) -> None:
    with (
        variables({"DATABASE_URL": "sqlite:////no/such/folder/accounts.db"}),
        pytest.raises(ConfigurationError, match="DATABASE_URL"),
        TestClient(create_app()),
    ):
        pass

    assert [str(event) for event in recording.events] == ["engine 1 opened", "engine 1 closed"]


def test_without_the_lifespan_there_is_no_core() -> None:
    client = TestClient(create_app())

    with pytest.raises(AttributeError, match="core"):
        client.get("/health")


def test_flaw_the_services_constructor_still_speaks_fastapi() -> None:
    parameters = list(inspect.signature(UserService).parameters.values())

    assert all(isinstance(get_args(p.annotation)[1], DependsMarker) for p in parameters)
