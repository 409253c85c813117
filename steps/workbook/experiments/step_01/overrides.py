"""What `app.dependency_overrides` replaces, and what it leaves as it is."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from steps.workbook.experiments.step_01.one_endpoint import Function


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


def get_mailer() -> None: ...


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
        "key: a function that nobody asks for": calls_with({get_mailer: get_fake}),
    }
