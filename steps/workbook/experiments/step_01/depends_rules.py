"""What `Depends` does and does not do: when it calls, how often, where, and what it is."""

import inspect
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, get_args, get_type_hints
from unittest.mock import patch

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.testclient import TestClient
from starlette.background import BackgroundTask

Function = Callable[..., Any]


def client_of(endpoint: Function) -> TestClient:
    """Return a client of an app that has nothing but this endpoint, at `/`."""
    app = FastAPI()
    app.get("/", response_model=None)(endpoint)
    return TestClient(app)


class Watched:
    """A dependency that notes when FastAPI reads its parameters and when it is called."""

    def __init__(self) -> None:
        self._happened: list[str] = []

    @property
    def __signature__(self) -> inspect.Signature:
        """Found by `inspect.signature`, with which FastAPI looks for sub-dependencies."""
        self._note("parameters read")
        return inspect.Signature()

    def __call__(self) -> None:
        self._note("called")

    def news(self) -> str:
        """Return what happened since the last time."""
        happened, self._happened = self._happened, []
        return ", ".join(happened) or "nothing"

    def _note(self, what: str) -> None:
        if what not in self._happened:
            self._happened.append(what)


def tree_is_built_at_registration() -> dict[str, str]:
    dependency = Watched()

    def endpoint(_: Annotated[None, Depends(dependency)]) -> None: ...

    app = FastAPI()
    app.get("/")(endpoint)
    seen = {"registration": dependency.news()}
    with TestClient(app) as client:
        seen["start of the app"] = dependency.news()
        for number in (1, 2, 3):
            client.get("/")
            seen[f"request {number}"] = dependency.news()
    return seen


def tree_of_an_included_router_is_built_again_by_the_first_request() -> dict[str, str]:
    dependency = Watched()

    def endpoint(_: Annotated[None, Depends(dependency)]) -> None: ...

    app, router = FastAPI(), APIRouter()
    router.get("/")(endpoint)
    seen = {"registration": dependency.news()}
    app.include_router(router)
    seen["inclusion"] = dependency.news()
    with TestClient(app) as client:
        seen["start of the app"] = dependency.news()
        for number in (1, 2):
            client.get("/")
            seen[f"request {number}"] = dependency.news()
    return seen


def objects_given(one: object, other: object, requests: int = 1) -> list[object]:
    """Return what an endpoint with these two dependencies is given in so many requests."""
    given: list[object] = []

    def endpoint(first: Annotated[object, one], second: Annotated[object, other]) -> None:
        given.extend([first, second])

    with client_of(endpoint) as client:
        for _ in range(requests):
            client.get("/")
    return given


def distinct(objects: list[object]) -> int:
    return len({id(each) for each in objects})


def make() -> object:
    return object()


def make_and_clean_up() -> Iterator[object]:
    yield object()


def cache_lives_within_one_request() -> dict[str, int]:
    """Return how many objects an endpoint is given that asks for two."""
    cached, uncached = Depends(make), Depends(make, use_cache=False)
    lambdas = Depends(lambda: make()), Depends(lambda: make())
    function_scope = Depends(make_and_clean_up, scope="function")
    request_scope = Depends(make_and_clean_up, scope="request")
    return {
        "one function": distinct(objects_given(cached, cached)),
        "one function, use_cache=False": distinct(objects_given(cached, uncached)),
        "two lambdas": distinct(objects_given(*lambdas)),
        "one function in two scopes": distinct(objects_given(function_scope, request_scope)),
        "one function, two requests": distinct(objects_given(cached, cached, requests=2)),
    }


class Client:
    """Stands for a heavy object. An instance can be a dependency: calling it returns itself."""

    def __call__(self) -> "Client":
        return self


def get_client() -> Client:
    return Client()


def function_builds_per_request_instance_per_process() -> dict[str, int]:
    """Return how many objects a hundred requests are given, and then a hundred to another app."""
    function, instance = Depends(get_client), Depends(Client())
    from_function = objects_given(function, function, requests=100)
    from_instance = objects_given(instance, instance, requests=100)
    from_another_app = objects_given(instance, instance, requests=100)
    return {
        "Depends(get_client)": distinct(from_function),
        "Depends(Client())": distinct(from_instance),
        "Depends(Client()), in two apps": distinct(from_instance + from_another_app),
    }


@dataclass
class PageSize:
    largest: int

    def __call__(self) -> int:
        return self.largest


@dataclass(frozen=True)
class FrozenPageSize:
    largest: int

    def __call__(self) -> int:
        return self.largest


def plain_dataclass_instance_is_unhashable() -> dict[str, str]:
    def list_users(limit: Annotated[int, Depends(PageSize(50))]) -> int:
        return limit

    def list_events(limit: Annotated[int, Depends(FrozenPageSize(50))]) -> int:
        return limit

    client = client_of(list_users)
    outcome = {"plain, at registration": "accepted"}
    try:
        client.get("/")
    except TypeError as error:
        # Python 3.14 puts the same words into a longer sentence.
        words = re.search(r"unhashable type: '\w+'", str(error))
        outcome["plain, at the first request"] = f"TypeError: {words[0] if words else error}"
    outcome["frozen, at the first request"] = str(client_of(list_events).get("/").status_code)
    return outcome


def start_list() -> list[str]:
    return []


Calls = Annotated[list[str], Depends(start_list)]
"""The calls of one request: the cache gives the same list to everybody who asks for it."""


def get_settings(calls: Calls) -> None:
    calls.append("get_settings")


def get_engine(calls: Calls, settings: Annotated[None, Depends(get_settings)]) -> None:
    calls.append("get_engine")


def get_session(calls: Calls, engine: Annotated[None, Depends(get_engine)]) -> None:
    calls.append("get_session")


def get_fake(calls: Calls) -> None:
    calls.append("get_fake")


def list_calls(calls: Calls, session: Annotated[None, Depends(get_session)]) -> list[str]:
    return calls


def calls_with(overrides: Mapping[Any, Function]) -> list[str]:
    """Return what one request calls when the app has these overrides."""
    app = FastAPI()
    app.get("/")(list_calls)
    app.dependency_overrides.update(overrides)
    calls: list[str] = TestClient(app).get("/").json()
    return calls


def override_of_one_leaves_the_rest() -> dict[str, list[str]]:
    return {
        "no override": calls_with({}),
        "get_settings overridden": calls_with({get_settings: get_fake}),
    }


def override_of_root_skips_its_subtree() -> dict[str, list[str]]:
    return {
        "no override": calls_with({}),
        "get_session overridden": calls_with({get_session: get_fake}),
    }


def override_with_wrong_key_is_ignored() -> dict[str, list[str]]:
    return {
        "key: the function": calls_with({get_settings: get_fake}),
        "key: its name": calls_with({"get_settings": get_fake}),
        "key: a partial of it": calls_with({partial(get_settings): get_fake}),
        "key: a function that nobody asks for": calls_with({get_client: get_fake}),
    }


class UserRepository:
    def get_by_email(self, email: str) -> str:
        return f"the user with the email {email}"


class BucketRepository: ...


class AuditEventRepository: ...


@dataclass
class Repositories:
    users: Annotated[UserRepository, Depends()]
    buckets: Annotated[BucketRepository, Depends()]


@dataclass
class MoreRepositories(Repositories):
    audit_events: Annotated[AuditEventRepository, Depends()]


def one_aggregate_dependency() -> dict[str, list[str]]:
    """Return what two endpoints find in their only parameter, before and after one field more."""
    found: dict[str, list[str]] = {}
    for aggregate in (Repositories, MoreRepositories):
        app = FastAPI()

        @app.get("/users")
        @app.get("/buckets")
        def endpoint(repositories: Annotated[Any, Depends(aggregate)]) -> list[str]:
            return list(vars(repositories))

        for path in ("/users", "/buckets"):
            found[f"{path}, {aggregate.__name__}"] = TestClient(app).get(path).json()
    return found


class UserService:
    def __init__(self, users: UserRepository = Depends(UserRepository)) -> None:  # noqa: B008
        self.users = users

    def find(self, email: str) -> str:
        return self.users.get_by_email(email)


def constructor_default_outside_fastapi() -> dict[str, str]:
    def endpoint(service: Annotated[UserService, Depends()]) -> str:
        return service.find("ada@example.com")

    service = UserService()
    outcome = {
        "inside FastAPI": client_of(endpoint).get("/").json(),
        "outside, service.users": f"a {type(service.users).__name__} object",
    }
    try:
        outcome["outside, service.find"] = service.find("ada@example.com")
    except AttributeError as error:
        outcome["outside, service.find"] = f"AttributeError: {error}"
    return outcome


def get_user() -> str:
    return "Ada"


@asynccontextmanager
async def lifespan(app: FastAPI, user: str = Depends(get_user)) -> AsyncIterator[None]:
    app.state.received = {"lifespan": user}
    yield


async def middleware(
    request: Request,
    call_next: Callable[[Request], Awaitable[Response]],
    user: str = Depends(get_user),
) -> Response:
    request.app.state.received["middleware"] = user
    return await call_next(request)


async def handler(request: Request, error: Exception, user: str = Depends(get_user)) -> Response:
    received = request.app.state.received
    received["exception handler"] = user
    return Response(status_code=404, background=BackgroundTask(task, received))


def task(received: dict[str, str], user: str = Depends(get_user)) -> None:
    received["background task"] = user


def marker_is_only_a_default_value() -> dict[str, str]:
    """Ask for a page that does not exist; return what came as `user` in each place."""
    app = FastAPI(lifespan=lifespan, exception_handlers={404: handler})
    app.middleware("http")(middleware)
    with TestClient(app) as client:
        client.get("/nowhere")
    return {
        place: f"a {type(user).__name__} object, {'truthy' if user else 'falsy'}"
        for place, user in app.state.received.items()
    }


def is_admin() -> bool:
    return False


def delete_with_default(admin: bool = Depends(is_admin)) -> str:
    return "deleted" if admin else "refused"


def delete_with_annotated(admin: Annotated[bool, Depends(is_admin)]) -> str:
    return "deleted" if admin else "refused"


def annotated_versus_default_called_directly() -> dict[str, str]:
    outcome = {
        "default, through FastAPI": client_of(delete_with_default).get("/").json(),
        "Annotated, through FastAPI": client_of(delete_with_annotated).get("/").json(),
        "default, called directly": delete_with_default(),
    }
    try:
        delete_with_annotated()  # type: ignore[call-arg]
    except TypeError as error:
        outcome["Annotated, called directly"] = f"TypeError: {error}"
    return outcome


def scopes_that_exist() -> dict[str, Any]:
    """Return the scopes that FastAPI declares, then the number of objects with another one."""
    names = [get_args(part) for part in get_args(get_type_hints(Depends)["scope"])]
    made_up: Any = "singleton"
    returns, yields = Depends(make, scope=made_up), Depends(make_and_clean_up, scope=made_up)
    return {
        "declared": list(names[0]),
        "singleton with return, three requests": distinct(objects_given(returns, returns, 3)),
        "singleton with yield, three requests": distinct(objects_given(yields, yields, 3)),
        "singleton and no scope, one request": distinct(objects_given(returns, Depends(make))),
    }


def check_auth_header(auth: Annotated[str, Header()]) -> None:
    if auth != "let me in":
        raise HTTPException(401)


def auth_header_parameter() -> dict[str, int]:
    def endpoint(_: Annotated[None, Depends(check_auth_header)]) -> None: ...

    client = client_of(endpoint)
    requests: dict[str, dict[str, str]] = {
        "no header": {},
        "Authorization: let me in": {"Authorization": "let me in"},
        "auth: something else": {"auth": "something else"},
        "auth: let me in": {"auth": "let me in"},
    }
    return {name: client.get("/", headers=sent).status_code for name, sent in requests.items()}


def get_thread() -> int:
    return threading.get_ident()


async def get_thread_async() -> int:
    return threading.get_ident()


def innermost() -> None: ...


def middle(_: Annotated[None, Depends(innermost)]) -> None: ...


def outermost(_: Annotated[None, Depends(middle)]) -> None: ...


def place_of(get_its_thread: Function) -> str:
    """Return where a dependency runs, compared with an `async def` endpoint."""

    async def endpoint(thread: Annotated[int, Depends(get_its_thread)]) -> str:
        return "event loop" if thread == threading.get_ident() else "worker thread"

    place: str = client_of(endpoint).get("/").json()
    return place


def thread_hops(dependency: Function) -> int:
    """Return how often a request with this dependency hands work to a worker thread."""

    async def endpoint(_: Annotated[object, Depends(dependency)]) -> None: ...

    with patch("anyio.to_thread.run_sync", wraps=anyio.to_thread.run_sync) as run_sync:
        client_of(endpoint).get("/")
    return run_sync.await_count


def where_dependencies_run() -> dict[str, str | int]:
    return {
        "async def runs on": place_of(get_thread_async),
        "def runs on": place_of(get_thread),
        "thread hops of an async def": thread_hops(get_thread_async),
        "thread hops of a def": thread_hops(get_thread),
        "thread hops of a def with yield": thread_hops(make_and_clean_up),
        "thread hops of three chained defs": thread_hops(outermost),
    }


current_user: ContextVar[str] = ContextVar("current_user", default="nobody")


def set_user() -> None:
    current_user.set("Ada")


async def set_user_async() -> None:
    current_user.set("Ada")


def context_variable_set_in_a_def_dependency() -> dict[str, str]:
    """Return whom the endpoint sees."""

    def after_def(_: Annotated[None, Depends(set_user)]) -> str:
        return current_user.get()

    def after_async_def(_: Annotated[None, Depends(set_user_async)]) -> str:
        return current_user.get()

    return {
        "set in def": client_of(after_def).get("/").json(),
        "set in async def": client_of(after_async_def).get("/").json(),
    }
