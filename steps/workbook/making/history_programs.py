"""What FastAPI does, in whichever release runs this file: it needs that, uvicorn and SQLAlchemy.

`python history_programs.py` prints a JSON object: the question, and what happened. It is written
for every release, so dependencies are defaults, and nothing of the workbook is imported.
"""

import asyncio
import http.client
import json
import logging
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from inspect import Signature
from pathlib import Path
from typing import Any

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

PROGRAMS: dict[str, Callable[[], str]] = {}
"""The programs by the question that each answers. Each returns what happened, in a few words."""

PATIENCE_S = 0.5
"""How long a clean-up waits for an answer that may never come before it. It decides no order."""

NOT_YET = "unknown"
"""What a release says to an option that came later."""


def asks(question: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    def enter(program: Callable[[], str]) -> Callable[[], str]:
        PROGRAMS[question] = program
        return program

    return enter


@contextmanager
def server_of(app: FastAPI) -> Iterator[Callable[..., int]]:
    """Serve an app on a real socket; give out what sends a request and returns the status.

    The standard library's client knows no proxies, and no release brings one of its own.
    """
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    host, port = reserved.getsockname()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [reserved]})
    thread.start()

    def send(path: str = "/", method: str = "GET") -> int:
        connection = http.client.HTTPConnection(host, port, timeout=60)
        connection.request(method, path, headers={"Connection": "close"})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.005)
    try:
        yield send
    finally:
        server.should_exit = True
        thread.join()
        reserved.close()


def order_of(options: dict[str, Any], *, task: bool = False, stream: bool = False) -> str:
    """Return what came first: the client's answer, the code after the yield, and what else is."""
    happened: list[str] = []
    answered = threading.Event()

    def provider() -> Iterator[None]:
        yield
        answered.wait(PATIENCE_S)
        happened.append("clean-up")

    app = FastAPI()

    @app.get("/")
    def endpoint(tasks: BackgroundTasks, _: None = Depends(provider, **options)) -> Any:
        def chunks() -> Iterator[str]:
            happened.append("stream")
            yield "chunk"

        if task:
            tasks.add_task(happened.append, "task")
        return StreamingResponse(chunks()) if stream else None

    with server_of(app) as send:
        send()
        if not (task or stream):
            happened.append("answer")
        answered.set()
    return ", ".join(happened)


@asks("order, by default")
def default_order() -> str:
    return order_of({})


@asks('order, with `scope="function"`')
def function_order() -> str:
    return order_of({"scope": "function"})


@asks("background task and clean-up, by default")
def task_and_clean_up() -> str:
    return order_of({}, task=True)


@asks("a stream and the clean-up, by default")
def stream_and_clean_up() -> str:
    return order_of({}, stream=True)


def status_when_the_clean_up_raises(options: dict[str, Any], error: Exception) -> str:
    def provider() -> Iterator[None]:
        yield
        raise error

    app = FastAPI()

    @app.get("/")
    def endpoint(_: None = Depends(provider, **options)) -> None: ...

    with server_of(app) as send:
        return str(send())


@asks("a commit fails after the yield, by default: the client's status")
def failed_commit() -> str:
    return status_when_the_clean_up_raises({}, OSError("disk full"))


@asks("the same, as an `HTTPException(507)`")
def failed_commit_with_a_status() -> str:
    return status_when_the_clean_up_raises({}, HTTPException(507))


def sign_ups(options: dict[str, Any]) -> str:
    """Sign up twenty times with ten emails, one after another; say what was promised and kept."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{(Path(folder) / 'users.db').as_posix()}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE users (email TEXT UNIQUE)"))

        def get_session() -> Iterator[Session]:
            with Session(engine) as session:
                # The insert waits for the commit, as that of an ORM object does.
                yield session
                try:
                    session.execute(
                        text("INSERT INTO users VALUES (:email)"), session.info["values"]
                    )
                    session.commit()
                except IntegrityError:
                    raise HTTPException(409) from None

        app = FastAPI()

        @app.post("/{email}", status_code=201)
        def sign_up(email: str, session: Session = Depends(get_session, **options)) -> None:
            session.info["values"] = {"email": email}

        with server_of(app) as send:
            statuses = [send(f"/{number % 10}", "POST") for number in range(20)]
        with engine.connect() as connection:
            rows = connection.scalar(text("SELECT count(*) FROM users"))
        engine.dispose()
    return f"{statuses.count(201)} times 201, {rows} rows"


@asks("20 sign-ups with 10 emails, by default")
def default_sign_ups() -> str:
    return sign_ups({})


@asks('20 sign-ups with 10 emails, with `scope="function"`')
def function_sign_ups() -> str:
    return sign_ups({"scope": "function"})


@asks("a generator in function scope below one in request scope")
def captive_dependency() -> str:
    def narrow() -> Iterator[None]:
        yield

    def wide(_: None = Depends(narrow, scope="function")) -> Iterator[None]:
        yield

    app = FastAPI()
    try:

        @app.get("/")
        def endpoint(_: None = Depends(wide)) -> None: ...

    except Exception as error:
        if type(error).__name__ == "DependencyScopeError":
            return "refused"
        raise
    return "accepted"


def crowd(options: dict[str, Any]) -> str:
    """Send two requests at once to an app with one worker thread and one connection."""
    app = FastAPI()

    @app.on_event("startup")
    async def have_one_thread() -> None:
        current_default_thread_limiter().total_tokens = 1

    both = asyncio.Barrier(2)

    async def meet() -> None:
        await both.wait()

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'users.db').as_posix()}"
        engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=PATIENCE_S)

        def get_session() -> Iterator[Session]:
            with Session(engine) as session:
                yield session

        @app.get("/", response_model=int, dependencies=[Depends(meet)])
        def endpoint(session: Session = Depends(get_session, **options)) -> Any:
            return session.scalar(text("SELECT 1"))

        with server_of(app) as send, ThreadPoolExecutor(2) as threads:
            statuses = sorted(threads.map(send, ["/", "/"]))
        engine.dispose()
    return ", ".join(map(str, statuses))


@asks("two requests, one thread, one connection")
def starvation() -> str:
    return crowd({})


@asks("the same, with `max_concurrency=1`")
def limited() -> str:
    return crowd({"max_concurrency": 1})


@asks("an included router: when the graph is read")
def readings_of_an_included_router() -> str:
    happened: list[str] = []
    moment = "registration"

    class Watched:
        @property
        def __signature__(self) -> Signature:
            if moment not in happened:
                happened.append(moment)
            return Signature()

        def __call__(self) -> None: ...

    app, router = FastAPI(), APIRouter()

    def endpoint(_: None = Depends(Watched())) -> None: ...

    router.get("/")(endpoint)
    moment = "inclusion"
    app.include_router(router)
    with server_of(app) as send:
        for number in (1, 2):
            moment = f"request {number}"
            send()
    return ", ".join(happened)


@asks("a route that is added to a router after its inclusion")
def late_route() -> str:
    app, router = FastAPI(), APIRouter()
    app.include_router(router)

    @router.get("/late")
    def endpoint() -> None: ...

    with server_of(app) as send:
        return str(send("/late"))


def given_by_a_cached_provider(provider: Callable[..., Any]) -> str:
    given: list[str] = []
    app = FastAPI()

    @app.get("/")
    def endpoint(value: Any = Depends(lru_cache(provider))) -> None:
        given.append(type(value).__name__)

    with server_of(app) as send:
        statuses = [send(), send()]
    return ", then ".join(given + [str(status) for status in statuses if status != 200])


@asks("`@lru_cache` on an `async def` provider: what two requests are given")
def cached_coroutine() -> str:
    async def provider() -> int:
        return 1

    return given_by_a_cached_provider(provider)


@asks("`@lru_cache` on a generator: what two requests are given")
def cached_generator() -> str:
    def provider() -> Iterator[int]:
        yield 1

    return given_by_a_cached_provider(provider)


@asks("`Annotated[int, Depends(f)]` without a default")
def annotated() -> str:
    from typing import Annotated

    def provider() -> int:
        return 1

    def endpoint(number: Any) -> None: ...

    endpoint.__annotations__["number"] = Annotated[int, Depends(provider)]
    app = FastAPI()
    app.get("/")(endpoint)
    with server_of(app) as send:
        return str(send())


def said_by(program: Callable[[], str]) -> str:
    try:
        return program()
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            return NOT_YET
        return f"{type(error).__name__}"
    except Exception as error:
        return type(error).__name__


def ask_all() -> None:
    import warnings

    warnings.simplefilter("ignore")
    logging.disable()
    print(json.dumps({question: said_by(program) for question, program in PROGRAMS.items()}))


if __name__ == "__main__":
    ask_all()
    sys.stdout.flush()
