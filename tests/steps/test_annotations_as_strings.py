"""`from __future__ import annotations` makes them strings: FastAPI finds the names of a module.

Names of a function it does not find, so what was to be a dependency is asked of the caller. Here
each app is made twice of the same source: as it stands, and as if its module had that import.
"""

import __future__

import inspect
from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import PydanticUserError

from tests.often_said import often_said

CreateApp = Callable[[], FastAPI]


def get_name() -> str:
    return "ada"


NameDep = Annotated[str, Depends(get_name)]


def alias_of_the_module() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def endpoint(name: NameDep) -> str:
        return name

    return app


def alias_of_the_function() -> FastAPI:
    LocalDep = Annotated[str, Depends(get_name)]  # noqa: N806
    app = FastAPI()

    @app.get("/")
    def endpoint(name: LocalDep) -> str:
        return name

    return app


def provider_of_the_function() -> FastAPI:
    def get_local_name() -> str:
        return "ada"

    app = FastAPI()

    @app.get("/")
    def endpoint(name: Annotated[str, Depends(get_local_name)]) -> str:
        return name

    return app


def alias_of_the_function_in_a_provider() -> FastAPI:
    LocalDep = Annotated[str, Depends(get_name)]  # noqa: N806

    def get_local_name(name: LocalDep) -> str:
        return name

    app = FastAPI()

    @app.get("/")
    def endpoint(found: str = Depends(get_local_name)) -> str:
        return found

    return app


def class_of_the_function() -> FastAPI:
    class LocalRequest(Request): ...

    app = FastAPI()

    @app.get("/")
    def endpoint(name: LocalRequest) -> str:
        return "ada"

    return app


def marker_as_the_default() -> FastAPI:
    def get_local_name() -> str:
        return "ada"

    app = FastAPI()

    @app.get("/")
    def endpoint(name: str = Depends(get_local_name)) -> str:
        return name

    return app


def client_of_app(create_app: CreateApp, *, strings: bool) -> TestClient:
    """Return a client of the app that its source makes, with or without the import."""
    flags = __future__.annotations.compiler_flag if strings else 0
    source = inspect.getsource(create_app)
    names = dict(globals())
    exec(compile(source, __file__, "exec", flags, dont_inherit=True), names)  # noqa: S102
    return TestClient(names[create_app.__name__]())


WORK_AS_STRINGS = [alias_of_the_module, marker_as_the_default]
ASK_THE_CALLER = [
    alias_of_the_function,
    provider_of_the_function,
    alias_of_the_function_in_a_provider,
    class_of_the_function,
]


@pytest.mark.parametrize("create_app", [*WORK_AS_STRINGS, *ASK_THE_CALLER])
def test_without_the_import_each_of_them_works(create_app: CreateApp) -> None:
    assert client_of_app(create_app, strings=False).get("/").json() == "ada"


@often_said(
    "`from __future__ import annotations` breaks FastAPI.",
    "never held",
    "Aliases of the module work as before, and so does `= Depends(f)` with a local `f`.",
    step=1,
)
@pytest.mark.parametrize("create_app", WORK_AS_STRINGS)
def test_with_it_names_of_the_module_are_found_and_defaults_need_none(
    create_app: CreateApp,
) -> None:
    assert client_of_app(create_app, strings=True).get("/").json() == "ada"


@often_said(
    "`from __future__ import annotations` changes nothing for FastAPI.",
    "depends",
    "Names of the module are found; a name that is local to a function is not, and its "
    "parameter becomes a query parameter.",
    step=1,
)
@pytest.mark.parametrize("create_app", ASK_THE_CALLER)
def test_with_it_a_name_of_a_function_becomes_a_query_parameter_that_nobody_can_send(
    create_app: CreateApp,
) -> None:
    """Registration says nothing: without the parameter it is a 422, with it an error."""
    client = client_of_app(create_app, strings=True)

    answer = client.get("/")

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["query", "name"]]
    with pytest.raises(PydanticUserError, match="is not fully defined"):
        client.get("/", params={"name": "ada"})


def test_nor_can_the_schema_be_made_then() -> None:
    client = client_of_app(alias_of_the_function, strings=True)

    with pytest.raises(PydanticUserError, match="is not fully defined"):
        client.get("/openapi.json")
