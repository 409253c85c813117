"""What a lifespan opens and closes: when, in which order, how often, and for which apps."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from socket import create_connection, socket
from threading import Barrier, Event
from types import SimpleNamespace
from typing import Any, TypedDict
from unittest.mock import patch

import httpx2
from anyio.from_thread import start_blocking_portal
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer
from pydantic import Secret
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from steps.domain.errors import ConfigurationError
from steps.domain.schemas import NewUser
from steps.domain.settings import load_settings
from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.database import check_database, open_engine
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.infrastructure.passwords import PasswordHasher
from steps.step_03_lifespan_singleton.core import Core, open_core
from steps.step_03_lifespan_singleton.dependencies import get_core
from steps.step_03_lifespan_singleton.repositories import AuditEventRepository, UserRepository
from steps.step_03_lifespan_singleton.services import UserService
from steps.workbook.catalogue import find_step
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.serving import reserve_port, serve, serve_process, url_of
from steps.workbook.world.singletons import fresh_app
from steps.workbook.world.thread_hops import counted_hops

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""

Lifespan = Callable[[FastAPI], Any]


# How many there are


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


def cold_start_of_step_02() -> int:
    return four_first_requests(2)


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


# What is closed, and when


@asynccontextmanager
async def close_below_the_yield(app: FastAPI) -> AsyncIterator[None]:
    settings = load_settings()
    engine = open_engine(settings)
    s3_client = open_s3_client(settings)
    app.state.core = Core(settings, engine, s3_client)
    yield
    close_s3_client(s3_client)
    engine.dispose()


def start_and_stop(app: FastAPI, region: str) -> list[str]:
    """Return what happens. boto3 opens no client for a region whose name cannot be right."""
    with new_database(), variables({"AWS_DEFAULT_REGION": region}), record() as recording:
        try:
            with TestClient(app):
                recording.add("is up", "app", app)
        except ConfigurationError:
            recording.add("does not start", "app", app)
    return [str(event) for event in recording.events]


def second_resource_fails_to_open() -> dict[str, list[str]]:
    app = FastAPI(lifespan=close_below_the_yield)
    return {
        "code below the yield": start_and_stop(app, "no region"),
        "ExitStack, as in step 03": start_and_stop(find_step(3).create_app(), "no region"),
    }


def both_resources_open() -> dict[str, list[str]]:
    app = FastAPI(lifespan=close_below_the_yield)
    return {
        "code below the yield": start_and_stop(app, "eu-central-1"),
        "ExitStack, as in step 03": start_and_stop(find_step(3).create_app(), "eu-central-1"),
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


# What a wrong setting does


def bad_setting_in_step_02() -> dict[str, int]:
    with (
        new_database(),
        variables({"DATABASE_URL": "nonsense"}),
        fresh_app(2) as app,
        TestClient(app, raise_server_exceptions=False) as client,
    ):
        answers = {path: client.get(path).status_code for path in ("/openapi.json", "/health")}
    return {"documentation": answers["/openapi.json"], "first request": answers["/health"]}


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


# Whose lifespan runs


def client_without_with() -> str:
    client = TestClient(find_step(3).create_app())
    try:
        client.get("/health")
    except AttributeError as error:
        return f"AttributeError: {error}"
    return "no error"


def asgi_transport_runs_no_lifespan() -> dict[str, str]:
    app = find_step(3).create_app()

    async def get_health() -> str:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://app") as client:
            try:
                return str((await client.get("/health")).status_code)
            except AttributeError as error:
                return f"AttributeError: {error}"

    async def get_health_in_a_lifespan() -> str:
        async with app.router.lifespan_context(app):
            return await get_health()

    with new_database(), start_blocking_portal() as portal:
        return {
            "transport alone": portal.call(get_health),
            "in app.router.lifespan_context(app)": portal.call(get_health_in_a_lifespan),
        }


def app_above_its_lifespan() -> str:
    module = """
app = FastAPI(lifespan=lifespan)

@asynccontextmanager
async def lifespan(app):
    yield
"""
    try:
        exec(module, {"FastAPI": FastAPI, "asynccontextmanager": asynccontextmanager})  # noqa: S102
    except NameError as error:
        return f"NameError: {error}"
    return "no error"


def lifespans_that_run() -> list[str]:
    ran: list[str] = []

    def lifespan_of(owner: str) -> Lifespan:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            ran.append(owner)
            yield

        return lifespan

    app = FastAPI(lifespan=lifespan_of("app"))
    app.include_router(APIRouter(lifespan=lifespan_of("included router")))
    app.mount("/mounted", FastAPI(lifespan=lifespan_of("mounted app")))
    with TestClient(app):
        return ran


# How an endpoint gets at the core


def get_core_in_a_thread(request: Request) -> Core:
    core: Core = request.app.state.core
    return core


def thread_hops_of_a_request() -> dict[str, int]:
    """Count how often step 03 hands one request to a worker thread, with either accessor."""
    app = find_step(3).create_app()
    hops: dict[str, int] = {}
    with new_database(), TestClient(app) as client:
        for name, accessor in {"async def": get_core, "def": get_core_in_a_thread}.items():
            app.dependency_overrides[get_core] = accessor
            with counted_hops() as counted:
                client.get("/health").raise_for_status()
            hops[f"{name} get_core"] = counted.hops
    return hops


class AppState(TypedDict):
    core: SimpleNamespace


@asynccontextmanager
async def yield_the_core(_: FastAPI) -> AsyncIterator[AppState]:
    yield {"core": SimpleNamespace(requests=0)}


def each_request_gets_a_shallow_copy() -> list[dict[str, Any]]:
    app = FastAPI(lifespan=yield_the_core)

    @app.get("/")
    async def answer(request: Request) -> dict[str, Any]:
        request.state.core.requests += 1
        note_is_there = hasattr(request.state, "note")
        request.state.note = "left by this request"
        return {"requests": request.state.core.requests, "note from before": note_is_there}

    with TestClient(app) as client:
        return [client.get("/").json() for _ in range(2)]


def typed_request_is_refused() -> str:
    async def endpoint(request: Request[AppState]) -> None: ...

    try:
        FastAPI().get("/")(endpoint)
    except FastAPIError as error:
        return f"FastAPIError: {str(error).partition('!')[0]}"
    return "no error"


# What a heavy object connects to, and for how long


def connections_before_ours(listener: socket) -> int:
    """Connect, then accept whoever has come, in the order in which they came, until it is us."""
    with create_connection(listener.getsockname()) as ours:
        for earlier in count():
            connection, address = listener.accept()
            connection.close()
            if address == ours.getsockname():
                return earlier
    raise AssertionError("count() does not end")


def opening_connects_to_nothing() -> dict[str, int]:
    """Open an engine and a client for a socket that stands for PostgreSQL and for S3."""
    with new_database(), reserve_port() as listener:
        listener.listen()
        s3_url = url_of(listener)
        database_url = s3_url.replace("http", "postgresql+psycopg") + "/accounts"
        with variables({"S3_ENDPOINT_URL": s3_url, "DATABASE_URL": database_url}):
            engine = open_engine(load_settings())
            s3_client = open_s3_client(load_settings())
        connections = connections_before_ours(listener)
        engine.dispose()
        close_s3_client(s3_client)
    return {"opened": len([engine, s3_client]), "connections": connections}


def make_tables() -> None:
    engine = open_engine(load_settings())
    check_database(engine)
    engine.dispose()


def first_connection_reads_no_schema() -> list[str]:
    """Connect a plain engine to a file that has tables; return every statement that SQLite gets."""
    statements: list[str] = []
    with new_database() as url:
        make_tables()
        engine = create_engine(url)

        @event.listens_for(engine, "connect", insert=True)
        def listen(connection: Any, _: object) -> None:
            connection.set_trace_callback(statements.append)

        engine.connect().close()
        engine.dispose()
    return statements


def connections_of_three_requests(number: int) -> int:
    """Let a step list the buckets three times; return how many connections S3 has seen."""
    seen: set[object] = set()
    s3 = FastAPI()

    @s3.get("/")
    def list_buckets(request: Request) -> Response:
        seen.add(request.client)
        return Response("<Result><Buckets/></Result>", media_type="application/xml")

    with (
        new_database(),
        serve(s3) as url,
        variables({"S3_ENDPOINT_URL": url}),
        TestClient(find_step(number).create_app()) as client,
    ):
        for _ in range(3):
            client.get("/buckets").raise_for_status()
    return len(seen)


def connections_to_s3() -> dict[str, int]:
    return {f"step {number:02}": connections_of_three_requests(number) for number in (1, 3)}


def own_server_of_moto() -> str:
    """Return what the server that moto brings along says of a connection after one call."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with new_database(), patch.object(logging.getLogger("werkzeug"), "disabled", new=True):
        moto.start()
        host, port = moto.get_host_and_port()
        with variables({"S3_ENDPOINT_URL": f"http://{host}:{port}"}):
            s3_client = open_s3_client(load_settings())
        answer = s3_client.list_buckets()
        close_s3_client(s3_client)
        moto.stop()
    return f"Connection: {answer['ResponseMetadata']['HTTPHeaders']['connection']}"


# What is still tied to FastAPI


def user_service_without_arguments() -> str:
    build: Callable[..., UserService] = UserService
    try:
        build()
    except TypeError as error:
        return f"TypeError: {error}"
    return "no error"


def user_service_wired_by_hand() -> str:
    ada = NewUser(email="ada@example.com", password=Secret("correct horse"))
    with new_database(), open_core(load_settings()) as core, Session(core.engine) as session:
        users = UserRepository(session)
        audit_events = AuditEventRepository(session)
        service = UserService(users, audit_events, PasswordHasher())
        user = service.sign_up(ada)
        session.commit()
    return f"{user.email} is signed up"
