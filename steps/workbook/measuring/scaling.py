"""What more processes give, and what they take: the step with a worker, on PostgreSQL."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import Engine, NullPool, create_engine, text

from steps.infrastructure.database import POOL_SIZE
from steps.workbook.catalogue import first_step_with
from steps.workbook.world.environment import embedded_environment, variables
from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.postgresql import new_postgresql_database, serve_postgresql
from steps.workbook.world.serving import serve, serve_process

CLIENTS = 32
REQUESTS = 2_000
ROUNDS = 5
PATIENCE_S = 60

ADA = {"email": "ada@example.com", "password": "correct horse"}


def connections_of_processes() -> tuple[dict[int, int], int]:
    """Return how many connections so many processes take, and how many PostgreSQL lets in.

    A lock keeps every request waiting for its row, so that no connection comes back. A pool that
    is full refuses more requests, so they are sent until all pools are full. The first of the
    processes is this one, which saves the start of another.
    """
    step = first_step_with("worker")
    with (
        serve_postgresql() as server,
        _environment(server.url) as database,
        serve(step.create_app()) as first,
        serve_process(step.target) as second,
    ):
        counts = {
            len(urls): on_event_loop(_fill_pools, urls, database)
            for urls in ((first,), (first, second.url))
        }
        return counts, _number(database, "SELECT current_setting('max_connections')")


def scaling() -> int:
    """Measure how many requests four processes answer for each that one answers. Prints it."""
    with (
        serve_postgresql() as server,
        _serve_in(server.url, 1) as one,
        _serve_in(server.url, 4) as four,
    ):
        ratios = []
        for number in range(ROUNDS + 1):
            rates = [asyncio.run(_requests_per_second(url)) for url in (one, four)]
            if number:  # the first round warms up
                ratios.append(rates[1] / rates[0])
                print(f"1 process {rates[0]:5.0f}/s   4 processes {rates[1]:5.0f}/s")
    low, middle, high = min(ratios), median(ratios), max(ratios)
    print(f"ratio {middle:.2f}, from {low:.2f} to {high:.2f}, on {os.cpu_count()} cores,")
    print("which PostgreSQL and the clients share.")
    return 0


@contextmanager
def _serve_in(server_url: str, processes: int) -> Iterator[str]:
    """Serve the step in so many processes, on a database with one user; give out its URL."""
    with (
        _environment(server_url),
        serve_process(first_step_with("worker").target, workers=processes) as app,
    ):
        httpx2.post(f"{app.url}/users", json=ADA, trust_env=False).raise_for_status()
        yield app.url


@contextmanager
def _environment(server_url: str) -> Iterator[Engine]:
    """Set what the step needs, with a database of its own; give out a look inside."""
    with (
        new_postgresql_database(server_url) as database_url,
        embedded_environment(),
        variables({"DATABASE_URL": database_url}),
        _observe(database_url) as database,
    ):
        yield database


@contextmanager
def _observe(url: str) -> Iterator[Engine]:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()


def _number(database: Engine, query: str) -> int:
    with database.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


async def _fill_pools(urls: Sequence[str], database: Engine) -> int:
    count = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE '%users%' AND wait_event_type = 'Lock'"
    )
    most, deadline = 0, time.monotonic() + PATIENCE_S
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx2.AsyncClient(limits=limits, timeout=PATIENCE_S, trust_env=False) as client:
        with database.connect() as keeper:
            keeper.exec_driver_sql("BEGIN")
            keeper.exec_driver_sql("LOCK TABLE users")
            requests = []
            while most < POOL_SIZE * len(urls) and time.monotonic() < deadline:
                once_more = [client.get(f"{url}/users/1") for url in urls for _ in range(POOL_SIZE)]
                requests += [asyncio.create_task(request) for request in once_more]
                await asyncio.sleep(0.1)
                most = max(most, await asyncio.to_thread(_number, database, count))
            keeper.exec_driver_sql("ROLLBACK")
        await asyncio.gather(*requests)
    return most


async def _requests_per_second(url: str) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_get_again_and_again(url) for _ in range(CLIENTS)))
    return CLIENTS * (REQUESTS // CLIENTS) / (time.perf_counter() - began)


async def _get_again_and_again(url: str) -> None:
    """Ask over one connection, with as little work as can be: the clients use the same cores."""
    host = urlsplit(url)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    for _ in range(REQUESTS // CLIENTS):
        writer.write(b"GET /users/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head:
            raise RuntimeError(head.decode())
        (length,) = (line for line in head.lower().splitlines() if line.startswith(b"content-len"))
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()
