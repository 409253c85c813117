"""What `Depends` and overrides take for a provider, and what becomes of what is none."""

import asyncio
import inspect
from typing import Annotated, Any, Generic, TypeVar
from unittest.mock import AsyncMock, MagicMock, create_autospec

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from steps.infrastructure.tables import AuditEventRow, UserRow
from steps.workbook.experiments.step_01.one_endpoint import client_with
from tests.often_said import often_said

Row = TypeVar("Row")


def asked_for(client: TestClient) -> list[str]:
    """Return the query parameters without which the endpoint answers 422."""
    answer = client.get("/")
    assert answer.status_code == 422
    places: list[list[str]] = [error["loc"] for error in answer.json()["detail"]]
    assert {place for place, _ in places} == {"query"}
    return [name for _, name in places]


# A generic class


def get_session() -> str:
    return "a session"


class Repository(Generic[Row]):
    def __init__(self, session: Annotated[str, Depends(get_session)]) -> None:
        self.session = session


class UserRepository(Repository[UserRow]): ...


def get_users(session: Annotated[str, Depends(get_session)]) -> Repository[UserRow]:
    return Repository(session)


@often_said(
    "`Depends(Repository[UserRow])` works like any class.",
    "never held",
    "FastAPI finds `args` and `kwargs`, and asks the caller for them: 422.",
    step=1,
)
def test_a_generic_class_with_its_parameter_asks_the_caller_for_args_and_kwargs() -> None:
    def short(users: Annotated[Repository[UserRow], Depends()]) -> str:
        return users.session

    def named(users: Annotated[Repository[UserRow], Depends(Repository[UserRow])]) -> str:
        return users.session

    assert asked_for(client_with(short)) == ["args", "kwargs"]
    assert asked_for(client_with(named)) == ["args", "kwargs"]


def test_for_fastapi_reads_the_call_of_the_alias_and_not_the_constructor() -> None:
    alias = Repository[UserRow]

    assert list(inspect.signature(Repository).parameters) == ["session"]
    assert list(inspect.signature(alias).parameters) == ["args", "kwargs"]
    assert str(inspect.signature(type(alias).__call__)) == "(self, *args, **kwargs)"


@often_said(
    "FastAPI cannot inject a generic class.",
    "never held",
    "A subclass that names the parameter is given its dependencies, and so is a function that"
    " returns the generic class.",
    step=1,
)
def test_a_subclass_of_it_and_a_function_that_makes_it_are_given_their_session() -> None:
    def subclass(users: Annotated[UserRepository, Depends()]) -> str:
        return users.session

    def function(users: Annotated[Repository[UserRow], Depends(get_users)]) -> str:
        return users.session

    for endpoint in (subclass, function):
        assert client_with(endpoint).get("/").json() == "a session"


@often_said(
    "`Depends(Repository)` makes one object for each type parameter.",
    "never held",
    "In one request, `Repository[UserRow]` and `Repository[AuditEventRow]` with "
    "`Depends(Repository)` are one object.",
    step=1,
)
def test_without_its_parameter_it_is_one_provider_for_all_rows() -> None:
    def endpoint(
        users: Annotated[Repository[UserRow], Depends(Repository)],
        audit_events: Annotated[Repository[AuditEventRow], Depends(Repository)],
    ) -> bool:
        return users is audit_events  # type: ignore[comparison-overlap]

    assert client_with(endpoint).get("/").json() is True


# A mock as an override


class Greeter:
    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    def greet(self) -> str:
        return self.greeting


def get_greeter() -> Greeter:
    return Greeter("the real one")


def client_overriding(override: Any, *, raises: bool = True) -> TestClient:
    """Return a client of an app whose `get_greeter` is overridden."""

    def endpoint(greeter: Annotated[Greeter, Depends(get_greeter)]) -> str:
        return greeter.greet()

    client = client_with(endpoint)
    client.app.dependency_overrides[get_greeter] = override  # type: ignore[attr-defined]
    return TestClient(client.app, raise_server_exceptions=raises)


@pytest.fixture(params=[MagicMock, AsyncMock, lambda: MagicMock(spec=Greeter)])
def mock(request: pytest.FixtureRequest) -> Any:
    mock = request.param()
    mock.greet = lambda: "the mock"
    return mock


@often_said(
    "A `MagicMock` is a good override.",
    "never held",
    "FastAPI asks the caller for the mock's `args` and `kwargs`: 422.",
    step=1,
)
def test_a_mock_as_an_override_asks_the_caller_for_args_and_kwargs(mock: Any) -> None:
    assert asked_for(client_overriding(mock)) == ["args", "kwargs"]


@often_said(
    "A mock cannot be an override.",
    "never held",
    "`lambda: mock` can.",
    step=1,
)
def test_a_function_that_returns_the_mock_is_an_override(mock: Any) -> None:
    assert client_overriding(lambda: mock).get("/").json() == "the mock"


@often_said(
    "The override is handed to the endpoint.",
    "never held",
    "FastAPI calls the override, and hands over what it returns.",
    step=1,
)
def test_an_override_is_called_so_what_a_mock_returns_would_be_the_dependency() -> None:
    mock = MagicMock()
    mock.return_value.greet = lambda: "what the mock returned"

    answer = client_overriding(mock).get("/", params={"args": "1", "kwargs": "2"})

    assert answer.json() == "what the mock returned"
    mock.assert_called_once_with(args="1", kwargs="2")


def test_a_mock_of_the_provider_that_keeps_its_parameters_is_an_override() -> None:
    override = create_autospec(get_greeter, return_value=Greeter("the mock"))

    assert client_overriding(override).get("/").json() == "the mock"
    override.assert_called_once_with()


@often_said(
    "A class can override a function.",
    "depends",
    "FastAPI asks the caller for the plain parameters of its constructor: 422 without them.",
    step=1,
)
def test_a_class_or_its_mock_asks_the_caller_for_what_its_constructor_takes() -> None:
    for override in (Greeter, create_autospec(Greeter)):
        assert asked_for(client_overriding(override)) == ["greeting"]


@often_said(
    "An override that cannot be called is refused at once.",
    "never held",
    "The first request that needs it fails with a `TypeError`, which a client sees as a 500.",
    step=1,
)
def test_an_object_that_nobody_can_call_fails_at_the_first_request() -> None:
    for override in (Greeter("fake"), create_autospec(Greeter, instance=True)):
        assert client_overriding(override, raises=False).get("/").status_code == 500
        with pytest.raises(TypeError, match="is not a callable object"):
            client_overriding(override).get("/")


# What is no provider, and what is always the same one


@often_said(
    "`Depends(settings)` hands over the settings object.",
    "never held",
    "What cannot be called is refused with a `TypeError` when the endpoint is registered.",
    step=1,
)
def test_an_object_that_nobody_can_call_is_refused_when_the_endpoint_is_registered() -> None:
    not_callable: Any = Greeter("hello")

    def endpoint(greeter: Annotated[Greeter, Depends(not_callable)]) -> str:
        return greeter.greet()

    with pytest.raises(TypeError, match="is not a callable object"):
        client_with(endpoint)


@often_said(
    "`Depends(lambda: CONSTANT)` gives each request a value of its own.",
    "never held",
    "All requests get the same object, and can change it.",
    step=1,
)
def test_a_lambda_around_a_list_hands_the_same_list_to_every_request() -> None:
    constant: list[str] = []

    def visit(visits: list[str]) -> int:
        visits.append("a visit")
        return len(visits)

    def shared(visits: Annotated[list[str], Depends(lambda: constant)]) -> int:
        return visit(visits)

    def own(visits: Annotated[list[str], Depends(lambda: [])]) -> int:
        return visit(visits)

    assert [client_with(shared).get("/").json() for _ in range(3)] == [1, 2, 3]
    assert [client_with(own).get("/").json() for _ in range(3)] == [1, 1, 1]


# Where an event loop runs already, as in the cells of a notebook


async def look_up() -> str:
    return "ada"


@often_said(
    "In a notebook, call a coroutine with `asyncio.run`.",
    "never held",
    "An event loop is running there: `asyncio.run` raises, and a plain `await` works.",
    step=1,
)
def test_where_an_event_loop_runs_asyncio_run_raises_and_await_works() -> None:
    """Notebooks 08 and 11 await in their cells."""

    async def cell() -> str:
        coroutine = look_up()
        with pytest.raises(RuntimeError, match="running event loop"):
            asyncio.run(coroutine)
        return await coroutine

    assert asyncio.run(cell()) == "ada"


def chicken(egg: "Annotated[str, Depends(egg)]") -> str:
    return egg


def egg(chicken: "Annotated[str, Depends(chicken)]") -> str:
    return chicken


@often_said(
    "FastAPI finds a circular dependency and names it.",
    "never held",
    "Registering an endpoint that depends on two providers that need each other ends in a "
    "`RecursionError`, which names neither.",
    step=1,
)
def test_two_providers_that_need_each_other_are_a_recursion_error() -> None:
    with pytest.raises(RecursionError):
        FastAPI().get("/")(chicken)


@often_said(
    "A parameter that nobody provides is an error.",
    "never held",
    "Without `Depends`, FastAPI asks the caller: a plain type becomes a query parameter.",
    step=1,
)
def test_a_parameter_without_depends_is_asked_of_the_caller() -> None:
    def greet(name: str) -> str:
        return name

    app = FastAPI()
    app.get("/")(greet)
    (parameter,) = app.openapi()["paths"]["/"]["get"]["parameters"]

    assert (parameter["name"], parameter["in"]) == ("name", "query")
