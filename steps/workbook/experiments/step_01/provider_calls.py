"""When FastAPI calls a provider, and how often."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient

from steps.workbook.experiments.step_01.one_endpoint import client_with


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

    with client_with(endpoint) as client:
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


def instance_is_built_once_per_process() -> dict[str, int]:
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

    client = client_with(list_users)
    outcome = {"plain, at registration": "accepted"}
    try:
        client.get("/")
    except TypeError as error:
        # Python 3.14 puts the same words into a longer sentence.
        words = re.search(r"unhashable type: '\w+'", str(error))
        outcome["plain, at the first request"] = f"TypeError: {words[0] if words else error}"
    outcome["frozen, at the first request"] = str(client_with(list_events).get("/").status_code)
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
