"""What a lifespan opens and closes: how often, in which order, and if something fails."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from socket import create_connection, socket
from threading import Barrier, Event
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from steps.domain.errors import ConfigurationError
from steps.domain.settings import load_settings
from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.infrastructure.passwords import PasswordHasher
from steps.step_03_lifespan_singleton.core import Core
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.serving import serve, serve_process
from steps.workbook.world.singletons import fresh_app

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""


def four_first_requests(number: int) -> int:
    """Send them at once; whoever opens an engine waits in there until all four have opened one."""
    opened_by_requests: list[Engine] = []
    all_four = Barrier(4)

    def wait_for_the_others(change: Change, _: str, subject: object) -> None:
        if change == "opened" and isinstance(subject, Engine):
            opened_by_requests.append(subject)
            all_four.wait(PATIENCE_S)

    with new_database(), record() as recording, fresh_app(number) as app:
        with serve(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
            listeners.append(wait_for_the_others)
            with ThreadPoolExecutor(4) as threads:
                list(threads.map(client.get, ["/health"] * 4))
            listeners.remove(wait_for_the_others)
        for engine in opened_by_requests:
            engine.dispose()
    return recording.count("engine", "opened")


def cold_start_of_step_03() -> int:
    return four_first_requests(3)


def four_workers_open_four_cores() -> int:
    with serve_process("steps.workbook.experiments.step_03.lifespan_app:app", workers=4) as server:
        return "\n".join(server.lines).count("core opened")


def each_lifespan_opens_its_own_core() -> dict[str, int]:
    app = find_step(3).create_app()
    cores: list[Core] = []
    with new_database():
        for _ in range(2):
            with TestClient(app):
                cores.append(app.state.core)
    return {"apps": 1, "lifespans": len(cores), "cores": len(set(map(id, cores)))}


@asynccontextmanager
async def close_below_the_yield(app: FastAPI) -> AsyncIterator[None]:
    settings = load_settings()
    engine = open_engine(settings)
    s3_client = open_s3_client(settings)
    app.state.core = Core(settings, engine, s3_client)
    yield
    close_s3_client(s3_client)
    engine.dispose()


def start_in_no_region(app: FastAPI) -> list[str]:
    """Return what happens. boto3 opens no client for a region whose name cannot be right."""
    with new_database(), variables({"AWS_DEFAULT_REGION": "no region"}), record() as recording:
        try:
            with TestClient(app):
                recording.add("is up", "app", app)
        except ConfigurationError:
            recording.add("does not start", "app", app)
    return [str(event) for event in recording.events]


def second_resource_fails_to_open() -> dict[str, list[str]]:
    app = FastAPI(lifespan=close_below_the_yield)
    return {
        "code below the yield": start_in_no_region(app),
        "ExitStack, as in step 03": start_in_no_region(find_step(3).create_app()),
    }


class WaitingHasher(PasswordHasher):
    """Keeps a sign-up in flight: says that it is running, then waits until it may go on."""

    def __init__(self, running: Event, go_on: Event) -> None:
        super().__init__()
        self._running, self._go_on = running, go_on

    def hash(self, password: str) -> str:
        self._running.set()
        self._go_on.wait(PATIENCE_S)
        return super().hash(password)


def wait_for_the_stop(idle: socket, recording: Recording, stopping: Event) -> None:
    """A server that begins to stop closes the connections on which nothing is going on."""
    with idle:
        idle.recv(1)
    recording.add("begins to stop", "server", idle)
    stopping.set()


def shutdown_waits_for_the_request_in_flight() -> list[str]:
    running, stopping = Event(), Event()
    app = find_step(3).create_app()
    app.dependency_overrides[PasswordHasher] = lambda: WaitingHasher(running, stopping)
    ada = {"email": "ada@example.com", "password": "correct horse"}
    with new_database(), record() as recording, ThreadPoolExecutor() as threads:
        with serve(recording.wrap(app)) as url:
            idle = create_connection((httpx2.URL(url).host, httpx2.URL(url).port))
            answer = threads.submit(httpx2.post, f"{url}/users", json=ada, trust_env=False)
            running.wait(PATIENCE_S)
            threads.submit(wait_for_the_stop, idle, recording, stopping)
        return [*map(str, recording.events), f"the client has its {answer.result().status_code}"]


def bad_setting_in_step_03() -> dict[str, Any]:
    """Run `uvicorn` as a user would. It says "running on" when it has opened its port."""
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "uvicorn", find_step(3).target, "--port", "0"],
        env={**os.environ, "DATABASE_URL": "nonsense"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    return {
        "exit code": finished.returncode,
        "port opened": "running on" in finished.stderr,
        "tracebacks": finished.stderr.count("Traceback"),
        "errors": re.findall(r"^ERROR: +(.+)$", finished.stderr, re.MULTILINE),
    }
