"""What is often said of one request, its scopes and its clients, and is tried nowhere else."""

import gc
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Security, WebSocket
from fastapi.exceptions import DependencyScopeError
from fastapi.requests import HTTPConnection
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from steps.workbook.kit import scratch_database, socket_client
from steps.workbook.world.databases import connections_in_use
from steps.workbook.world.thread_hops import counted_hops
from tests.often_said import often_said


@often_said(
    "`Depends(f)` means: call `f`, and put its result here.",
    "holds",
    "FastAPI calls it for the request, and the endpoint gets the result.",
    step=1,
)
def test_depends_calls_a_function_and_puts_its_result_into_the_parameter() -> None:
    app = FastAPI()

    @app.get("/")
    def endpoint(name: Annotated[str, Depends(lambda: "ada")]) -> str:
        return name

    assert TestClient(app).get("/").json() == "ada"


@often_said(
    "With `raise_server_exceptions=False` a test is told of a clean-up that fails.",
    "never held",
    "In request scope it gets the 201 that the client gets, and no error.",
    step=1,
)
def test_a_test_client_that_raises_nothing_hides_a_clean_up_that_fails() -> None:
    def provider() -> Iterator[None]:
        yield
        raise OSError("disk full")

    app = FastAPI()
    app.post("/", status_code=201, dependencies=[Depends(provider)])(lambda: None)

    assert TestClient(app, raise_server_exceptions=False).post("/").status_code == 201
    with pytest.raises(OSError, match="disk full"):
        TestClient(app).post("/")


@often_said(
    "`Security(f, scopes=...)` shares its result as `Depends(f)` does.",
    "depends",
    "The same scopes share one call, and other scopes are another call.",
    step=1,
)
def test_other_scopes_of_security_are_other_calls() -> None:
    calls: list[str] = []

    def get_user() -> None:
        calls.append("called")

    def endpoint(
        a: Annotated[None, Security(get_user, scopes=["read"])],
        b: Annotated[None, Security(get_user, scopes=["read"])],
        c: Annotated[None, Security(get_user, scopes=["write"])],
    ) -> None: ...

    app = FastAPI()
    app.get("/")(endpoint)
    TestClient(app).get("/").raise_for_status()

    assert len(calls) == 2


# An object that lives longer than what it holds


class Closable:
    is_open = True


def open_for_the_function() -> Iterator[Closable]:
    closable = Closable()
    yield closable
    closable.is_open = False


FunctionScoped = Annotated[Closable, Depends(open_for_the_function, scope="function")]


@often_said(
    "FastAPI lets an object hold one that lives shorter.",
    "never held",
    "A provider with `yield` in request scope that depends on one in function scope is "
    "refused at registration: `DependencyScopeError`.",
    step=1,
)
def test_what_lives_for_the_request_may_not_depend_on_what_lives_for_the_function() -> None:
    def for_the_request(shorter: FunctionScoped) -> Iterator[Closable]:
        yield shorter

    app = FastAPI()
    with pytest.raises(DependencyScopeError):
        app.get("/", dependencies=[Depends(for_the_request)])(lambda: None)


@often_said(
    "FastAPI finds every captive dependency.",
    "never held",
    "Through a provider without `yield`, one in request scope holds an object of function "
    "scope that is closed already.",
    step=1,
)
def test_through_a_provider_without_yield_it_holds_what_is_closed_already() -> None:
    seen: list[bool] = []

    def plain(shorter: FunctionScoped) -> Closable:
        return shorter

    def for_the_request(held: Annotated[Closable, Depends(plain)]) -> Iterator[None]:
        seen.append(held.is_open)
        yield
        seen.append(held.is_open)

    app = FastAPI()
    app.get("/", dependencies=[Depends(for_the_request)])(lambda: None)
    TestClient(app).get("/").raise_for_status()

    assert seen == [True, False]


# Threads


@often_said(
    "A `def` endpoint is one trip to a worker thread.",
    "depends",
    "Without a response model it is one; with one it is two.",
    step=1,
)
def test_a_def_endpoint_hops_to_a_thread_once_more_if_it_has_a_response_model() -> None:
    app = FastAPI()

    @app.get("/with")
    def with_a_model() -> list[int]:
        return [1]

    @app.get("/without", response_model=None)
    def without_one() -> list[int]:
        return [1]

    hops = []
    for path in ("/with", "/without"):
        with counted_hops() as counted:
            TestClient(app).get(path).raise_for_status()
        hops.append(counted.hops)

    assert hops == [2, 1]


# Connections


@often_said(
    "To close the session at the end of the endpoint is enough.",
    "never held",
    "An `HTTPException` before it skips the close, and the connection stays in use until "
    "Python collects the session.",
    step=1,
)
def test_a_connection_that_nobody_closes_is_in_use_until_the_session_is_collected() -> None:
    engine, kept = scratch_database(), list[Session]()
    app = FastAPI()

    @app.get("/")
    def endpoint() -> None:
        session = Session(engine)
        kept.append(session)
        session.scalar(select(1))
        raise HTTPException(404)
        session.close()

    TestClient(app).get("/")
    while_it_is_kept = connections_in_use(engine)
    kept.clear()
    gc.collect()

    assert (while_it_is_kept, connections_in_use(engine)) == (1, 0)


@often_said(
    "An open websocket holds a connection of the pool.",
    "depends",
    "Its session holds one while a transaction is open, and none after the `rollback()`.",
    step=1,
)
def test_an_open_websocket_holds_a_connection_only_while_a_transaction_is_open() -> None:
    engine = scratch_database()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    app = FastAPI()

    @app.websocket("/")
    async def chat(socket: WebSocket, session: Annotated[Session, Depends(get_session)]) -> None:
        await socket.accept()
        session.scalar(select(1))
        await socket.send_text("read")
        await socket.receive_text()
        session.rollback()
        await socket.send_text("ended")
        await socket.receive_text()

    held = []
    with TestClient(app).websocket_connect("/") as socket:
        for _ in range(2):
            socket.receive_text()
            held.append(connections_in_use(engine))
            socket.send_text("go on")

    assert held == [1, 0]


@often_said(
    "A provider for requests does not work for websockets.",
    "depends",
    "One that takes `HTTPConnection` works for both; one that takes `Request` is a "
    "`TypeError` for a websocket.",
    step=1,
)
def test_a_provider_that_takes_a_request_is_no_provider_for_a_websocket() -> None:
    def of_a_request(request: Request) -> str:
        return request.url.path

    def of_a_connection(connection: HTTPConnection) -> str:
        return connection.url.path

    app = FastAPI()
    for provider in (of_a_request, of_a_connection):

        async def answer(socket: WebSocket, path: Annotated[str, Depends(provider)]) -> None:
            await socket.accept()
            await socket.send_text(path)

        app.websocket(f"/{provider.__name__}")(answer)
        app.get(f"/http/{provider.__name__}")(
            lambda path=Depends(provider): path  # noqa: B008
        )

    client = TestClient(app)
    with client.websocket_connect("/of_a_connection") as socket:
        assert socket.receive_text() == "/of_a_connection"
    with pytest.raises(TypeError), client.websocket_connect("/of_a_request"):
        pass
    for name in ("of_a_request", "of_a_connection"):
        assert client.get(f"/http/{name}").json() == f"/http/{name}"


# A decorator around an endpoint


def asked_for(decorator: Callable[[Callable[..., Any]], Callable[..., Any]]) -> list[str]:
    """Return the query parameters that an endpoint wants which is decorated like this."""

    def endpoint(session: str, name: str) -> str:
        return name

    app = FastAPI()
    app.get("/", response_model=None)(decorator(endpoint))
    with socket_client(app) as client:
        answer = client.get("/")
    assert answer.status_code == 422
    return [error["loc"][1] for error in answer.json()["detail"]]


@often_said(
    "A decorator that brings a session can stand above an endpoint.",
    "never held",
    "FastAPI asks the caller for `args` and `kwargs`, and with `functools.wraps` for the "
    "session: 422.",
    step=6,
)
def test_a_decorated_endpoint_asks_the_caller_for_what_its_decorator_brings() -> None:
    def without_wraps(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function("a session", *args, **kwargs)

        return wrapper

    def with_wraps(function: Callable[..., Any]) -> Callable[..., Any]:
        return wraps(function)(without_wraps(function))

    assert asked_for(without_wraps) == ["args", "kwargs"]
    assert asked_for(with_wraps) == ["session", "name"]
