"""How many engines there are when many come at once and nothing is cached yet."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Lock, Thread, current_thread
from types import ModuleType
from typing import Any
from unittest.mock import patch

import httpx2
from sqlalchemy import Engine

from steps.domain.urls import sqlite_url
from steps.infrastructure import announcements
from steps.infrastructure.object_storage import close_s3_client
from steps.step_02_lru_cache_singleton.dependencies import (
    get_engine,
    get_s3_client,
    get_settings,
)
from steps.step_02_lru_cache_singleton.main import create_app
from steps.workbook.experiments.step_02 import lru_cache_app
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.serving import serve, serve_process

CALLERS = 40
"""As many as FastAPI has worker threads, so that all can be inside one provider together."""

WORKERS = 4

PATIENCE_S = 30
"""How long anything waits for anything else before the experiment fails, in seconds."""

ADA = {"email": "ada@example.com", "password": "correct horse"}

Provider = Callable[[], str]


def forget_singletons() -> None:
    """Close what step 02 keeps, and empty its caches."""
    if get_engine.cache_info().currsize:
        get_engine().dispose()
    if get_s3_client.cache_info().currsize:
        close_s3_client(get_s3_client())
    for provider in (get_engine, get_s3_client, get_settings):
        provider.cache_clear()


@contextmanager
def cold_start() -> Iterator[Recording]:
    """Begin as a new process does, nothing cached and a new database; clean up at the end."""
    opened: list[Engine] = []
    with new_folder() as folder, database_in(folder), each_new_engine(opened.append):
        forget_singletons()
        try:
            with record() as recording:
                yield recording
        finally:
            for engine in opened:
                engine.dispose()
            forget_singletons()


@contextmanager
def new_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="lru-cache-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def database_in(folder: Path) -> AbstractContextManager[object]:
    url = sqlite_url(folder / "accounts.db")
    return patch.dict(os.environ, DATABASE_URL=url, DB_ECHO="")


@contextmanager
def each_new_engine(do: Callable[[Engine], object]) -> Iterator[None]:
    """Call `do` with each engine, in the thread that has just built it."""

    def listen(change: announcements.Change, _: str, subject: object) -> None:
        if change == "opened" and isinstance(subject, Engine):
            do(subject)

    announcements.listeners.append(listen)
    try:
        yield
    finally:
        announcements.listeners.remove(listen)


@contextmanager
def log_of_uvicorn() -> Iterator[list[str]]:
    """Keep the last line of each traceback that uvicorn logs, and let nothing through."""
    lines: list[str] = []
    logger = logging.getLogger("uvicorn.error")

    def keep(record: logging.LogRecord) -> bool:
        if record.exc_info and (error := record.exc_info[1]):
            lines.append(f"{type(error).__name__}: {error}")
        return False

    logger.addFilter(keep)
    try:
        yield lines
    finally:
        logger.removeFilter(keep)


def new_client(**options: Any) -> httpx2.Client:
    return httpx2.Client(timeout=PATIENCE_S, trust_env=False, **options)


def ask_at_once(url: str) -> None:
    """Send CALLERS requests side by side. Raises when one of them fails."""
    with new_client() as client, ThreadPoolExecutor(CALLERS) as callers:
        for answer in callers.map(client.get, [url] * CALLERS):
            answer.raise_for_status()


@contextmanager
def serve_workers(module: ModuleType) -> Iterator[str]:
    """Run `uvicorn module:app --workers 4` and give out its URL."""
    with serve_process(f"{module.__name__}:app", workers=WORKERS) as server:
        yield server.url


def a_warm_cache_gives_all_requests_one_engine() -> dict[str, int]:
    with cold_start() as recording, serve(recording.wrap(create_app())) as url:
        with new_client() as client:
            client.get(f"{url}/health")
        ask_at_once(f"{url}/health")
        return {
            "requests": recording.count("response", "starts"),
            "engines opened": recording.count("engine", "opened"),
        }


def a_cold_cache_gives_each_request_its_own_engine() -> dict[str, int]:
    everybody_has_built_one = Barrier(CALLERS)
    with (
        cold_start() as recording,
        each_new_engine(lambda _: everybody_has_built_one.wait(PATIENCE_S)),
        serve(recording.wrap(create_app())) as url,
    ):
        ask_at_once(f"{url}/health")
        return {
            "requests": recording.count("response", "starts"),
            "engines opened": recording.count("engine", "opened"),
            "engines kept": get_engine.cache_info().currsize,
        }


def building_before_the_first_request_gives_one_engine() -> dict[str, int]:
    with cold_start() as recording:
        get_engine()
        with serve(recording.wrap(create_app())) as url:
            ask_at_once(f"{url}/health")
        return {
            "requests": recording.count("response", "starts"),
            "engines opened": recording.count("engine", "opened"),
        }


def a_lock_around_the_cached_function_gives_one_engine() -> dict[str, int]:
    lock, everybody_calls = Lock(), Barrier(CALLERS)

    @lru_cache
    def build_engine() -> object:
        return object()

    def get_engine() -> object:
        everybody_calls.wait(PATIENCE_S)
        with lock:
            return build_engine()

    with ThreadPoolExecutor(CALLERS) as callers:
        calls = [callers.submit(get_engine) for _ in range(CALLERS)]
    engines = {call.result() for call in calls}
    return {"calls": len(calls), "engines": len(engines)}


def race(cached: Callable[[Provider], Provider]) -> dict[str, object]:
    """Three threads are inside one cold provider. Thread 1 leaves it first, thread 3 last."""
    everybody_is_inside = Barrier(3)
    got: list[str] = []

    @cached
    def get_engine() -> str:
        place = threads.index(current_thread())
        everybody_is_inside.wait(PATIENCE_S)
        for earlier in threads[:place]:
            earlier.join(PATIENCE_S)
        return f"engine {place + 1}"

    threads = [Thread(target=lambda: got.append(get_engine())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return {"they get": got, "later callers get": get_engine()}


def lru_cache_keeps_what_is_finished_first() -> dict[str, object]:
    return race(lru_cache)


def cache_keeps_what_is_finished_last() -> dict[str, object]:
    return race(cache)


def each_of_four_workers_builds_its_own() -> list[int]:
    """Ask until every worker has answered. Return how many engines each of them has built."""
    built: dict[int, int] = {}
    with (
        serve_workers(lru_cache_app) as url,
        new_client(headers={"Connection": "close"}) as client,  # any worker may take the next
    ):
        for asked in range(5_000):
            process, engines = client.get(url).json()
            built[process] = engines
            if asked >= 10 * WORKERS and len(built) == WORKERS:
                break
    return list(built.values())
