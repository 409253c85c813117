"""Whose lifespan runs, and how a request finds what it has opened."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, TypedDict

import httpx2
from anyio.from_thread import start_blocking_portal
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient

from steps.step_03_lifespan_singleton.core import Core
from steps.step_03_lifespan_singleton.dependencies import get_core
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database
from steps.workbook.world.thread_hops import counted_hops

Lifespan = Callable[[FastAPI], Any]


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
