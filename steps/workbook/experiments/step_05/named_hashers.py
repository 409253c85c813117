"""Containers that can be told apart by the password hasher that they make."""

from collections.abc import Callable
from types import ModuleType
from typing import Annotated

from dependency_injector.providers import Factory
from dependency_injector.wiring import Provide
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from steps.domain import ports
from steps.step_05_ioc_container.container import Container

Hasher = Annotated[ports.PasswordHasher, Depends(Provide["password_hasher"])]


class NamedHasher:
    """Fits the port PasswordHasher, and says whose it is in place of hashing."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def hash(self, password: str) -> str:
        return f"hash by {self._owner}"

    def verify(self, password: str, password_hash: str | None) -> bool:
        return False


def container_of(owner: str) -> Container:
    """Return step 05's container with another password hasher. Nothing else in it is used."""
    return Container(password_hasher=Factory(NamedHasher, owner))


def module_with(*functions: Callable[..., object]) -> ModuleType:
    """Return a module that holds these functions, as if its file had defined them."""
    module = ModuleType("routes")
    for function in functions:
        setattr(module, function.__name__, function)
    return module


def ask(app: FastAPI) -> str:
    """Return what `GET /` answers, or the error in the endpoint."""
    try:
        return str(TestClient(app).get("/").json())
    except AttributeError as error:
        return f"AttributeError: {error}"
