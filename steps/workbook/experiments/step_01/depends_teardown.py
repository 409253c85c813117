"""When the code after a `yield` runs, and what a session holds until then."""

from asyncio import Barrier
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from inspect import signature
from threading import Event
from typing import Annotated, Any, Literal

import httpx2
from anyio.to_thread import current_default_thread_limiter
from fastapi import Body, Depends, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine, QueuePool, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from steps.infrastructure.tables import UserRow
from steps.workbook.world.databases import connections_in_use, count_users, new_user, plain_engine
from steps.workbook.world.serving import client_of, serve, server_log

PATIENCE = 10
"""Seconds after which a request of a failed experiment stops waiting."""


# Without Depends


def by_hand_an_error_skips_the_close() -> dict[str, int]:
    sessions: list[Session] = []  # keeps them from the garbage collector
    app = FastAPI()
    with plain_engine() as engine:

        @app.get("/users/{user_id}")
        def get_user(user_id: int) -> str:
            session = Session(engine)
            sessions.append(session)
            user = session.get(UserRow, user_id)
            if user is None:
                raise HTTPException(404)
            session.close()
            return user.email

        status = TestClient(app).get("/users/1").status_code
        held = connections_in_use(engine)
        sessions[0].close()
    return {"status": status, "connections still in use": held}


# The commit and the answer


def sign_up_app(engine: Engine, commit: Callable[[Session], None]) -> FastAPI:
    """Return an app with the same sign-up twice: only the scope of the session differs."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            commit(session)

    default, function = Depends(get_session), Depends(get_session, scope="function")
    app = FastAPI()

    @app.post("/default-scope/{name}", status_code=201)
    def sign_up(name: str, session: Annotated[Session, default]) -> None:
        session.add(new_user(name))

    @app.post("/function-scope/{name}", status_code=201)
    def sign_up_safely(name: str, session: Annotated[Session, function]) -> None:
        session.add(new_user(name))

    return app


def default_scope_answers_before_the_commit() -> dict[str, int]:
    client_has_looked = Event()

    def commit(session: Session) -> None:
        client_has_looked.wait(PATIENCE)
        session.commit()

    with plain_engine() as engine:
        with serve(sign_up_app(engine, commit)) as url, client_of(url) as client:
            status = client.post("/default-scope/ada").status_code
            rows = count_users(engine)
            client_has_looked.set()
        return {"status": status, "rows at the answer": rows, "rows later": count_users(engine)}


def function_scope_commits_before_the_answer() -> dict[str, int]:
    with plain_engine() as engine:
        app = sign_up_app(engine, Session.commit)
        with serve(app) as url, client_of(url) as client:
            status = client.post("/function-scope/ada").status_code
            return {"status": status, "rows at the answer": count_users(engine)}


def status_when_the_commit_fails() -> dict[str, int]:
    seen: dict[str, int] = {}
    with plain_engine() as engine, server_log():
        for error in (OSError("disk full"), HTTPException(507)):

            def commit(_: Session, error: Exception = error) -> None:
                raise error

            with serve(sign_up_app(engine, commit)) as url, client_of(url) as client:
                for scope in ("default-scope", "function-scope"):
                    status = client.post(f"/{scope}/ada").status_code
                    seen[f"{scope}, {type(error).__name__}"] = status
        return {**seen, "rows": count_users(engine)}


def commit_or_conflict(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409) from error


def twenty_sign_ups_with_ten_emails() -> dict[str, dict[str, int]]:
    seen: dict[str, dict[str, int]] = {}
    for scope in ("default-scope", "function-scope"):
        statuses: Counter[str] = Counter()
        with plain_engine() as engine, server_log() as errors:
            app = sign_up_app(engine, commit_or_conflict)
            with serve(app) as url, client_of(url) as client:
                for number in range(20):
                    answer = client.post(f"/{scope}/user{number % 10}")
                    statuses[f"status {answer.status_code}"] += 1
            seen[scope] = {**statuses, "rows": count_users(engine), "logged errors": len(errors)}
    return seen


def the_test_client_waits_for_the_commit() -> dict[str, int]:
    with plain_engine() as engine:
        app = sign_up_app(engine, Session.commit)
        status = TestClient(app).post("/default-scope/ada").status_code
        return {"status": status, "rows at the answer": count_users(engine)}


def the_test_client_raises_what_no_real_client_sees() -> dict[str, str]:
    def commit(_: Session) -> None:
        raise OSError("disk full")

    with plain_engine() as engine, server_log():
        app = sign_up_app(engine, commit)
        with serve(app) as url, client_of(url) as client:
            seen = {"real client": str(client.post("/default-scope/ada").status_code)}
        try:
            seen["TestClient"] = str(TestClient(app).post("/default-scope/ada").status_code)
        except OSError as error:
            seen["TestClient"] = repr(error)
    return seen


# Errors


def traced_app(trace: list[str]) -> FastAPI:
    """Return an app that ends a request as it is told, and notes what its provider does."""

    def provider(page: int = 1) -> Iterator[None]:
        trace.append("opened")
        try:
            yield
            trace.append("after the yield")
        finally:
            trace.append("finally")

    app = FastAPI(dependencies=[Depends(provider)])

    @app.post("/", response_model=int)
    def endpoint(end: Annotated[str, Body(embed=True)]) -> object:
        if isinstance(outcome := OUTCOMES[end], Exception):
            raise outcome
        return outcome

    return app


OUTCOMES: dict[str, object] = {
    "return 1": 1,
    "return 400": JSONResponse({}, 400),
    "raise 404": HTTPException(404),
    "raise ValueError": ValueError(),
    "return no int": "no int",
}
BAD_REQUESTS: dict[str, dict[str, Any]] = {
    "body without its field": {"json": {}},
    "body that is no JSON": {"content": "{", "headers": {"Content-Type": "application/json"}},
    "bad parameter of the provider": {"json": {"end": "return 1"}, "params": {"page": "one"}},
}


def what_runs_after_a_yield() -> dict[str, str]:
    trace: list[str] = []
    seen: dict[str, str] = {}
    client = TestClient(traced_app(trace), raise_server_exceptions=False)
    for end, request in ({end: {"json": {"end": end}} for end in OUTCOMES} | BAD_REQUESTS).items():
        status = client.post("/", **request).status_code
        seen[end] = f"{status}: {', '.join(trace) or 'never opened'}"
        trace.clear()
    return seen


# The pool and the worker threads

SESSIONS: dict[str, dict[str, Any]] = {
    "/default-scope": {},
    "/function-scope": {"scope": "function"},
    "/limit": {"max_concurrency": 1},
    "/another-limit": {"max_concurrency": 1},
    "/limit-of-15": {"max_concurrency": 15},
}


def crowded_app(engine: Engine, requests: int, threads: int = 1) -> FastAPI:
    """Return an app with few worker threads that lets requests in once so many have arrived."""

    @asynccontextmanager
    async def limit_threads(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = threads
        yield

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI(lifespan=limit_threads, dependencies=[Depends(Barrier(requests).wait)])
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


def a_hundred_requests_with_the_default_sizes() -> dict[str, list[int]]:
    """Which statuses there are: with 40 threads, it varies how many requests get which."""
    with plain_engine(pool_timeout=0.3) as engine, server_log():
        app = crowded_app(engine, requests=100, threads=40)
        with serve(app) as url, client_of(url) as client:
            paths = ("/default-scope", "/limit-of-15")
            return {path: sorted(set(get_at_once(client, *[path] * 100))) for path in paths}


# Requests that stay open

Scope = Literal["function"] | None
SCOPES: dict[str, Scope] = {"default scope": None, "function scope": "function"}


def stream_and_chat_app(engine: Engine, scope: Scope, may_end: Event) -> FastAPI:
    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            session.scalar(select(1))
            yield session

    app = FastAPI(dependencies=[Depends(get_session, scope=scope)])

    @app.get("/stream")
    def stream() -> Iterator[str]:
        yield "first"
        may_end.wait(PATIENCE)

    @app.websocket("/chat")
    async def chat(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    return app


def connections_held_by_two_slow_streams() -> dict[str, int]:
    held: dict[str, int] = {}
    for name, scope in SCOPES.items():
        with plain_engine() as engine, ExitStack() as stack:
            may_end = Event()
            url = stack.enter_context(serve(stream_and_chat_app(engine, scope, may_end)))
            client = stack.enter_context(client_of(url))
            stack.callback(may_end.set)
            for _ in range(2):
                answer = stack.enter_context(client.stream("GET", "/stream"))
                next(answer.iter_raw())
            held[name] = connections_in_use(engine)
    return held


def connections_held_by_two_idle_websockets() -> dict[str, int]:
    held: dict[str, int] = {}
    for name, scope in SCOPES.items():
        with plain_engine() as engine:
            client = TestClient(stream_and_chat_app(engine, scope, Event()))
            with client.websocket_connect("/chat") as one, client.websocket_connect("/chat") as two:
                held[name] = connections_in_use(engine)
                one.send_text("bye")
                two.send_text("bye")
    return held


def a_stream_in_function_scope_opens_the_session_again() -> dict[str, int]:
    sessions: list[Session] = []  # keeps them from the garbage collector
    app = FastAPI()
    with plain_engine() as engine:

        def get_session() -> Iterator[Session]:
            with Session(engine) as session:
                sessions.append(session)
                yield session

        in_function_scope = Depends(get_session, scope="function")

        @app.get("/user-ids")
        def stream(session: Annotated[Session, in_function_scope]) -> Iterator[int]:
            yield from session.scalars(select(UserRow.id))

        status = TestClient(app).get("/user-ids").status_code
        held = connections_in_use(engine)
        sessions[0].close()
    return {"status": status, "connections still in use": held}
