"""Five mistakes that leave the marker in the endpoint's hands, and what is said of each."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from dependency_injector.wiring import DIWiringWarning, Provide, inject
from fastapi import Depends, FastAPI

from steps.domain import ports
from steps.workbook.experiments.step_05.named_hashers import (
    Hasher,
    ask,
    container_of,
    module_with,
)

Misspelled = Annotated[ports.PasswordHasher, Depends(Provide["pasword_hasher"])]

NO_WARNING = "no warning"


@contextmanager
def caught_warnings() -> Iterator[list[str]]:
    """Give out a list that holds what wiring warned of, at the end of the block."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield told
    told.extend(str(each.message) for each in caught if issubclass(each.category, DIWiringWarning))


def wire_and_ask(app: FastAPI, *functions: Callable[..., object]) -> dict[str, str]:
    """Wire a module with these functions twice, then ask; return the warnings and the answer."""
    container, module = container_of("the container"), module_with(*functions)
    with caught_warnings() as silent:
        container.wire(modules=[module])
    with caught_warnings() as told:
        container.wire(modules=[module], warn_unresolved=True)
    answer = ask(app)
    container.unwire()
    return {
        "wire(...)": ", ".join(silent) or NO_WARNING,
        "wire(..., warn_unresolved=True)": ", ".join(told) or NO_WARNING,
        "request": answer,
    }


def inject_below_the_route_decorator() -> dict[str, str]:
    """No mistake: this is how it is done."""
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def no_inject() -> dict[str, str]:
    app = FastAPI()

    @app.get("/")
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def inject_above_the_route_decorator() -> dict[str, str]:
    app = FastAPI()

    @inject
    @app.get("/")
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def module_that_nobody_wired() -> dict[str, str]:
    """Wire a module, but not the one that holds the endpoint."""
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app)


def typo_in_a_string() -> dict[str, str]:
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Misspelled) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


MODULE_WITH_THE_IMPORT = """
from __future__ import annotations
from typing import Annotated
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI
from steps.domain.ports import PasswordHasher

app = FastAPI()

@app.get("/")
@inject
def hash_password(
    hasher: Annotated[PasswordHasher, Depends(Provide["password_hasher"])]
) -> str:
    return hasher.hash("correct horse")
"""


def annotations_as_strings() -> dict[str, str]:
    namespace: dict[str, Any] = {}
    with caught_warnings() as told:
        exec(MODULE_WITH_THE_IMPORT, namespace)  # noqa: S102
    seen = {"@inject": ", ".join(told) or NO_WARNING}
    return seen | wire_and_ask(namespace["app"], namespace["hash_password"])


def what_each_mistake_warns_of() -> dict[str, str]:
    """Return all that is said before the first request, with `warn_unresolved=True`."""
    mistakes = {
        "no @inject": no_inject(),
        "@inject above the route decorator": inject_above_the_route_decorator(),
        "module that nobody wired": module_that_nobody_wired(),
        "typo in a string": typo_in_a_string(),
        "annotations as strings": annotations_as_strings(),
    }
    seen: dict[str, str] = {}
    for name, outcome in mistakes.items():
        outcome.pop("request")
        seen[name] = ", ".join(said for said in outcome.values() if said != NO_WARNING)
    return {name: said or NO_WARNING for name, said in seen.items()}
