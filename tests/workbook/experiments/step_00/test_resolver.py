"""The resolver written by hand does what `Depends` does, in the same order."""

import inspect
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from steps.workbook.experiments.step_00 import resolver
from steps.workbook.experiments.step_00.resolver import (
    CannotResolve,
    Needs,
    call,
    follow_marks,
    get_hasher,
    get_settings,
    log,
    log_in,
    open_engine,
    open_session,
    opened,
    sign_up,
)


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    log.clear()


def ask_fastapi(
    endpoint: resolver.Provider, overrides: dict[resolver.Provider, resolver.Provider]
) -> None:
    """Send one request to FastAPI, which then calls the same functions as the resolver."""
    app = FastAPI()
    app.get("/")(endpoint)
    app.dependency_overrides.update(overrides)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.get("/")


def fail(session: Annotated[str, Needs(open_session), Depends(open_session)]) -> None:
    log.append("fails")
    raise ZeroDivisionError


def test_a_provider_is_called_with_what_its_own_providers_give() -> None:
    assert call(log_in) == "logged in by hasher with settings"


def test_a_class_is_a_provider() -> None:
    class Service:
        def __init__(self, hasher: Annotated[str, Needs(get_hasher)]) -> None:
            self.hasher = hasher

    def get_name(service: Annotated[Service, Needs(Service)]) -> str:
        return service.hasher

    assert call(get_name) == "hasher with settings"


def test_within_one_request_each_provider_is_called_once() -> None:
    call(log_in)

    assert log == ["settings read", "hasher made"]


def test_all_that_need_a_provider_get_the_same_object() -> None:
    def make() -> object:
        return object()

    def is_same(a: Annotated[object, Needs(make)], b: Annotated[object, Needs(make)]) -> bool:
        return a is b

    assert call(is_same)


def test_the_next_request_calls_anew() -> None:
    call(log_in)
    call(log_in)

    assert log == ["settings read", "hasher made"] * 2


def test_what_was_opened_last_is_closed_first() -> None:
    call(sign_up)

    assert log[-3:] == ["signed up with session", "session closed", "engine closed"]


def test_everything_is_closed_in_the_same_order_when_the_function_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        call(fail)

    assert log[-3:] == ["fails", "session closed", "engine closed"]


def test_a_resource_sees_the_exception_and_so_can_roll_back() -> None:
    def open_transaction() -> Iterator[str]:
        try:
            yield "transaction"
        except ZeroDivisionError:
            log.append("rolled back")
            raise

    with pytest.raises(ZeroDivisionError):
        call(fail, {open_session: open_transaction})

    assert log == ["fails", "rolled back"]


def test_a_provider_that_fails_to_open_closes_what_was_opened_before_it() -> None:
    def open_nothing(engine: Annotated[str, Needs(open_engine)]) -> Iterator[str]:
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError):
        call(sign_up, {open_session: open_nothing})

    assert log == ["settings read", "engine opened", "engine closed"]


def test_what_only_an_overridden_provider_needs_is_not_opened() -> None:
    call(sign_up, {open_session: lambda: "the test's session"})

    assert log == ["signed up with the test's session"]


def test_an_override_reaches_a_provider_deep_in_the_graph() -> None:
    assert call(log_in, {get_settings: lambda: "test settings"}) == (
        "logged in by hasher with test settings"
    )


def test_an_override_may_have_needs_and_yield() -> None:
    def open_test_session(settings: Annotated[str, Needs(get_settings)]) -> Iterator[str]:
        with opened(f"session with {settings}") as session:
            yield session

    call(sign_up, {open_session: open_test_session})

    assert log[:2] == ["settings read", "session with settings opened"]
    assert log[-1] == "session with settings closed"


def test_the_graph_is_in_the_order_in_which_to_call_and_reading_it_calls_nothing() -> None:
    graph = follow_marks(log_in, {})

    assert list(graph) == [get_settings, get_hasher, log_in]
    assert graph[log_in] == {"hasher": get_hasher, "settings": get_settings}
    assert log == []


def test_a_parameter_that_nobody_provides_is_an_error_before_anything_is_called() -> None:
    def greet(hasher: Annotated[str, Needs(get_hasher)], name: str) -> None: ...

    with pytest.raises(CannotResolve, match="nobody provides 'name' of greet"):
        call(greet)
    assert log == []


def test_where_the_resolver_has_an_error_fastapi_asks_the_caller() -> None:
    assert resolver.unmarked_parameter_by_hand() == "nobody provides 'name' of greet"
    assert resolver.unmarked_parameter_in_fastapi() == "'name' is a query parameter"


def test_a_cycle_is_named_by_the_resolver_and_a_recursion_error_in_fastapi() -> None:
    assert resolver.cycle_by_hand() == "chicken needs egg needs chicken"
    assert resolver.cycle_in_fastapi() == "RecursionError"


def test_fastapi_calls_and_cleans_up_in_the_same_order() -> None:
    assert resolver.order_in_fastapi() == resolver.order_by_hand()
    assert log == [
        "settings read",
        "engine opened",
        "session opened",
        "signed up with session",
        "session closed",
        "engine closed",
    ]


@pytest.mark.parametrize("function", [log_in, fail])
@pytest.mark.parametrize(
    "overrides",
    [{}, {get_settings: lambda: "test settings"}, {open_session: lambda: "test session"}],
    ids=["no override", "settings", "session"],
)
def test_fastapi_does_the_same_with_a_shared_need_a_failure_and_an_override(
    function: resolver.Provider, overrides: dict[resolver.Provider, resolver.Provider]
) -> None:
    with suppress(ZeroDivisionError):
        call(function, overrides)
    by_hand = log.copy()

    log.clear()
    ask_fastapi(function, overrides)

    assert log == by_hand


def test_the_resolver_has_at_most_forty_lines() -> None:
    parts = (CannotResolve, Needs, follow_marks, call)

    assert sum(len(inspect.getsource(part).splitlines()) for part in parts) <= 40
