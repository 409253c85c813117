"""Where a provider runs, and what it cannot pass on from there."""

import threading
from contextvars import ContextVar
from typing import Annotated

from fastapi import Depends

from steps.workbook.experiments.step_01.one_endpoint import Function, client_with
from steps.workbook.experiments.step_01.provider_calls import make_and_clean_up
from steps.workbook.world.thread_hops import counted_hops


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

    place: str = client_with(endpoint).get("/").json()
    return place


def thread_hops_of(dependency: Function) -> int:
    """Return how often a request with this dependency hands work to a worker thread."""

    async def endpoint(_: Annotated[object, Depends(dependency)]) -> None: ...

    with counted_hops() as counted:
        client_with(endpoint).get("/")
    return counted.hops


def where_dependencies_run() -> dict[str, str | int]:
    return {
        "async def runs on": place_of(get_thread_async),
        "def runs on": place_of(get_thread),
        "thread hops of an async def": thread_hops_of(get_thread_async),
        "thread hops of a def": thread_hops_of(get_thread),
        "thread hops of a def with yield": thread_hops_of(make_and_clean_up),
        "thread hops of three chained defs": thread_hops_of(outermost),
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
        "set in def": client_with(after_def).get("/").json(),
        "set in async def": client_with(after_async_def).get("/").json(),
    }
