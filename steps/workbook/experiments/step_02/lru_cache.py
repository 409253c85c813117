"""What `lru_cache` makes of a provider: shared once it is warm, and nobody's to close."""

import logging
import os
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache, lru_cache
from importlib import import_module
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Lock, Thread, current_thread
from types import ModuleType
from typing import Annotated, Any, cast
from unittest.mock import patch

import httpx2
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, SecretStr
from sqlalchemy import Engine, QueuePool, func, select
from sqlalchemy.orm import Session

from steps.domain.settings import Settings, load_settings
from steps.infrastructure import announcements
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import close_s3_client
from steps.infrastructure.tables import UserRow
from steps.step_02_lru_cache_singleton.dependencies import (
    get_engine,
    get_s3_client,
    get_settings,
)
from steps.step_02_lru_cache_singleton.main import create_app
from steps.workbook.catalogue import Step, find_step
from steps.workbook.experiments.step_02 import lru_cache_app
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.serving import serve, serve_process

CALLERS = 40
"""As many as FastAPI has worker threads, so that all can be inside one provider together."""

WORKERS = 4

TIMEOUT = 30
"""How long anything waits for anything else before the experiment fails, in seconds."""

ADA = {"email": "ada@example.com", "password": "correct horse"}

Provider = Callable[[], str]


# What the experiments share


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
def new_folder() -> Iterator[str]:
    with TemporaryDirectory(prefix="lru-cache-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).as_posix()


def database_in(folder: str) -> AbstractContextManager[object]:
    url = f"sqlite:///{folder}/accounts.db"
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
    return httpx2.Client(timeout=TIMEOUT, trust_env=False, **options)


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


# How many there are


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
        each_new_engine(lambda _: everybody_has_built_one.wait(TIMEOUT)),
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
        everybody_calls.wait(TIMEOUT)
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
        everybody_is_inside.wait(TIMEOUT)
        for earlier in threads[:place]:
            earlier.join(TIMEOUT)
        return f"engine {place + 1}"

    threads = [Thread(target=lambda: got.append(get_engine())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
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


# Who closes it, and who shares it


def nothing_closes_the_engine() -> dict[str, int]:
    with cold_start() as recording:
        with serve(recording.wrap(create_app())) as url, new_client() as client:
            client.get(f"{url}/health")
        return {
            "opened": recording.count("engine", "opened"),
            "closed when the server is gone": recording.count("engine", "closed"),
            "connections it still holds": cast(QueuePool, get_engine().pool).checkedin(),
        }


def a_test_meets_the_user_of_the_test_before() -> dict[str, int]:
    """Two tests with a database each. The first signs Ada up; the second looks for her."""
    with cold_start(), TestClient(create_app()) as client:
        answers = {"test 1 signs Ada up": client.post("/users", json=ADA).status_code}
        with new_folder() as folder, database_in(folder):
            answers["test 2 looks for her"] = client.get("/users/1").status_code
            forget_singletons()
            answers["the same after cache_clear()"] = client.get("/users/1").status_code
            forget_singletons()
    return answers


def one_request_changes_the_config_of_the_next() -> list[str]:
    @lru_cache
    def get_config() -> dict[str, str]:
        return {"greeting": "hello"}

    app = FastAPI()

    @app.get("/")
    def greet(config: Annotated[dict[str, str], Depends(get_config)]) -> str:
        greeting = config["greeting"]
        config["greeting"] = "changed by a request"
        return greeting

    client = TestClient(app)
    return [client.get("/").json() for _ in range(2)]


def scope_singleton_means_nothing_to_fastapi() -> list[int]:
    """Two requests ask for a provider that counts its calls."""
    calls = count(1)
    singleton: Any = "singleton"  # a type checker refuses it where FastAPI does not
    app = FastAPI()

    @app.get("/")
    def answer(call: Annotated[int, Depends(lambda: next(calls), scope=singleton)]) -> int:
        return call

    client = TestClient(app)
    return [client.get("/").json() for _ in range(2)]


# What the arguments do


def two_hundred_regions_build_two_hundred_clients() -> dict[str, int]:
    @lru_cache
    def get_s3_client(region: str) -> object:
        return object()

    app = FastAPI()

    @app.get("/")
    def answer(s3_client: Annotated[object, Depends(get_s3_client)]) -> None: ...

    with TestClient(app) as client:
        for number in range(200):
            client.get("/", params={"region": f"region-{number}"})
    cached = get_s3_client.cache_info()
    return {"built": cached.misses, "kept": cached.currsize}


def a_keyword_is_another_key() -> int:
    """Ask for one region in two ways. Return how many clients there are."""

    @lru_cache
    def get_s3_client(region: str) -> object:
        return object()

    return len({get_s3_client("eu-central-1"), get_s3_client(region="eu-central-1")})


class ThawedSettings(BaseModel):
    database_url: str


def only_frozen_settings_can_be_an_argument() -> dict[str, object]:
    @lru_cache
    def get_engine(settings: Hashable) -> object:
        return object()

    first, equal, other = (Settings(database_url=SecretStr(f"sqlite:///{x}.db")) for x in "aab")
    try:
        get_engine(ThawedSettings(database_url="sqlite:///a.db"))
    except TypeError as error:
        refusal = str(error)
    return {
        "equal ones share an engine": get_engine(first) is get_engine(equal),
        "different ones share an engine": get_engine(first) is get_engine(other),
        "not frozen": refusal,
    }


# Which functions it cannot serve


def an_async_provider_works_once() -> list[str]:
    @lru_cache
    async def get_client() -> object:
        return object()

    return _two_requests(get_client)


def a_provider_with_yield_works_once() -> list[str]:
    @lru_cache
    def get_session() -> Iterator[object]:
        yield object()

    return _two_requests(get_session)


def _two_requests(provider: Callable[[], object]) -> list[str]:
    app = FastAPI()

    @app.get("/")
    def answer(made: Annotated[object, Depends(provider)]) -> None: ...

    answers = []
    for _ in range(2):
        try:
            answers.append(str(TestClient(app).get("/").status_code))
        except RuntimeError as error:
            answers.append(f"RuntimeError: {error}")
    return answers


# Where the settings come from


def overridden_settings_reach_the_engine_of_step_01() -> dict[str, int]:
    return where_a_sign_up_lands(find_step(1))


def overridden_settings_do_not_reach_the_engine_of_step_02() -> dict[str, int]:
    return where_a_sign_up_lands(find_step(2))


def where_a_sign_up_lands(step: Step) -> dict[str, int]:
    """Override an app's settings as its tests would, then sign Ada up."""
    with cold_start(), new_folder() as folder:
        real = load_settings()
        for_tests = Settings(database_url=SecretStr(f"sqlite:///{folder}/tests.db"))
        app = step.create_app()
        provider = import_module(f"{step.package}.dependencies").get_settings
        app.dependency_overrides[provider] = lambda: for_tests
        TestClient(app).post("/users", json=ADA).raise_for_status()
        return {
            "users in the test database": _count_users(for_tests),
            "users in the real database": _count_users(real),
        }


def _count_users(settings: Settings) -> int:
    engine = open_engine(settings)
    try:
        with Session(engine) as session:
            return session.scalar(select(func.count()).select_from(UserRow)) or 0
    finally:
        engine.dispose()


def a_bad_url_waits_for_the_first_request() -> dict[str, object]:
    with (
        cold_start(),
        patch.dict(os.environ, DATABASE_URL="nonsense"),
        log_of_uvicorn() as log,
        serve(create_app()) as url,
        new_client() as client,
    ):
        documentation = client.get(f"{url}/openapi.json")
        health = client.get(f"{url}/health")
    return {
        "/openapi.json": documentation.status_code,
        "/health": health.status_code,
        "its body": health.json(),
        "the server's log": log[-1],
    }
