"""Requests that wait for each other: one has the connection, another has the thread."""

from asyncio import Barrier
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from inspect import signature
from typing import Annotated, Any

import httpx2
from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool, select
from sqlalchemy.orm import Session

from steps.infrastructure.tables import UserRow
from steps.workbook.world.databases import plain_engine
from steps.workbook.world.serving import client_of, serve, server_log

SESSIONS: dict[str, dict[str, Any]] = {
    "/default-scope": {},
    "/function-scope": {"scope": "function"},
    "/limit": {"max_concurrency": 1},
    "/another-limit": {"max_concurrency": 1},
}


def crowded_app(engine: Engine, requests: int) -> FastAPI:
    """Return an app with one worker thread that lets requests in once so many have arrived."""

    @asynccontextmanager
    async def have_one_thread(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = 1
        yield

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI(lifespan=have_one_thread, dependencies=[Depends(Barrier(requests).wait)])
    for path, options in SESSIONS.items():

        @app.get(path)
        def list_users(session: Annotated[Session, Depends(get_session, **options)]) -> list[int]:
            return list(session.scalars(select(UserRow.id)))

    return app


def get_at_once(client: httpx2.Client, *paths: str) -> list[int]:
    """Return the statuses, in order of size, of requests that are under way together."""
    with ThreadPoolExecutor(len(paths)) as threads:
        return sorted(threads.map(lambda path: client.get(path).status_code, paths))


def two_requests_with_one_thread_and_one_connection() -> dict[str, object]:
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    with plain_engine(**pool) as engine, server_log() as errors:
        with serve(crowded_app(engine, requests=2)) as url, client_of(url) as client:
            seen: dict[str, object] = {
                "default scope": get_at_once(client, "/default-scope", "/default-scope"),
                "function scope": get_at_once(client, "/function-scope", "/function-scope"),
                "one limit of 1": get_at_once(client, "/limit", "/limit"),
                "two limits of 1": get_at_once(client, "/limit", "/another-limit"),
            }
        return {**seen, "logged": sorted(set(errors))}


def three_requests_with_one_thread_and_two_connections() -> list[int]:
    pool = {"pool_size": 2, "max_overflow": 0, "pool_timeout": 0.1}
    with (
        plain_engine(**pool) as engine,
        server_log(),
        serve(crowded_app(engine, requests=3)) as url,
        client_of(url) as client,
    ):
        return get_at_once(client, *["/default-scope"] * 3)


def default_sizes() -> dict[str, int]:
    async def count_threads() -> int:
        return int(current_default_thread_limiter().total_tokens)

    app = FastAPI()
    app.get("/")(count_threads)
    threads = TestClient(app).get("/").json()
    pool = {name: size.default for name, size in signature(QueuePool).parameters.items()}
    connections = pool["pool_size"] + pool["max_overflow"]
    return {
        "worker threads": threads,
        "connections": connections,
        "requests that can starve": threads + connections,
        "seconds that they wait": int(pool["timeout"]),
    }
