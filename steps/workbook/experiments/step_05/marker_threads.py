"""`Depends(Provide[...])` takes a worker thread; an `async def` that asks a container does not."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Annotated, Any

from anyio.to_thread import current_default_thread_limiter
from dependency_injector.wiring import inject
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient

from steps.domain import ports
from steps.step_05_ioc_container.container import Container
from steps.workbook.experiments.step_05.named_hashers import Hasher, container_of, module_with
from steps.workbook.world.serving import client_of, serve
from steps.workbook.world.thread_hops import counted_hops

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""


async def get_hasher(request: Request) -> ports.PasswordHasher:
    container: Container = request.app.state.container
    return container.password_hasher()


def app_with_both_ways() -> FastAPI:
    """Return an app that gets a hasher at `/async-def`, and at `/marker`, which is wired.

    Both endpoints are `async def`: they are handed to no thread themselves.
    """
    app = FastAPI()
    app.state.container = container_of("the container")

    @app.get("/async-def")
    async def use_async_def(hasher: Annotated[Any, Depends(get_hasher)]) -> str:
        return str(hasher.hash("correct horse"))

    @app.get("/marker")
    @inject
    async def use_marker(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    app.state.container.wire(modules=[module_with(use_marker)])
    return app


def thread_hops_of_depends_provide() -> dict[str, int]:
    hops: dict[str, int] = {}
    client = TestClient(app_with_both_ways())
    for way, path in {"Depends(Provide[...])": "/marker", "async def": "/async-def"}.items():
        with counted_hops() as counted:
            client.get(path).raise_for_status()
        hops[way] = counted.hops
    return hops


def app_that_can_be_blocked(all_busy: Barrier, release: Event) -> FastAPI:
    """Return the same app with a request that blocks, and one that counts who waits."""
    app = app_with_both_ways()

    @app.get("/blocking")
    def block() -> None:
        all_busy.wait(PATIENCE_S)
        release.wait(PATIENCE_S)

    @app.get("/waiting")
    async def count_waiting() -> int:
        return current_default_thread_limiter().statistics().tasks_waiting

    return app


def marker_waits_behind_forty_blocking_requests() -> dict[str, Any]:
    all_busy, release = Barrier(41), Event()
    app = app_that_can_be_blocked(all_busy, release)
    with serve(app) as url, client_of(url) as client, ThreadPoolExecutor(41) as threads:
        for _ in range(40):
            threads.submit(client.get, "/blocking")
        all_busy.wait(PATIENCE_S)
        marker = threads.submit(client.get, "/marker")
        while client.get("/waiting").json() == 0 and not marker.done():
            continue  # the request for the marker is still on its way
        seen = {
            "async def": client.get("/async-def").status_code,
            "the marker waits": not marker.done(),
        }
        release.set()
        return {**seen, "the marker, once they are released": marker.result().status_code}
