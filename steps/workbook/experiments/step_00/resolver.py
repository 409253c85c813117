"""What `Depends` does, by hand: signature, graph, call, cache for one request, clean-up."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from inspect import isgeneratorfunction, signature
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

Provider = Callable[..., Any]


# The resolver


class CannotResolve(Exception):
    """Nobody provides a parameter, or a provider needs itself."""


@dataclass(frozen=True)
class Needs:
    """Stands in `Annotated`: the argument is what this provider returns or yields."""

    provider: Provider


def follow_marks(
    provider: Provider, overrides: Mapping[Provider, Provider], above: tuple[Provider, ...] = ()
) -> dict[Provider, dict[str, Provider]]:
    """Return what each provider needs, in the order in which to call them. Calls none."""
    if provider in above:
        raise CannotResolve(" needs ".join(each.__name__ for each in (*above, provider)))
    graph: dict[Provider, dict[str, Provider]] = {}
    needs = {}
    for name, parameter in signature(provider, eval_str=True).parameters.items():
        marks = getattr(parameter.annotation, "__metadata__", ())
        found = [mark.provider for mark in marks if isinstance(mark, Needs)]
        if not found:
            raise CannotResolve(f"nobody provides {name!r} of {provider.__name__}")
        needs[name] = overrides.get(found[0], found[0])
        graph |= follow_marks(needs[name], overrides, (*above, provider))
    return graph | {provider: needs}


def call(function: Provider, overrides: Mapping[Provider, Provider] | None = None) -> Any:
    """Call a function as one request: with all that it needs, which is cleaned up afterwards."""
    values: dict[Provider, Any] = {}
    with ExitStack() as clean_up:
        for provider, needs in follow_marks(function, overrides or {}).items():
            arguments = {name: values[needed] for name, needed in needs.items()}
            if isgeneratorfunction(provider):
                values[provider] = clean_up.enter_context(contextmanager(provider)(**arguments))
            else:
                values[provider] = provider(**arguments)
        return values[function]


# Functions that bear both marks, ours and FastAPI's

log: list[str] = []


def get_settings() -> str:
    log.append("settings read")
    return "settings"


def get_hasher(settings: Annotated[str, Needs(get_settings), Depends(get_settings)]) -> str:
    log.append("hasher made")
    return f"hasher with {settings}"


def log_in(
    hasher: Annotated[str, Needs(get_hasher), Depends(get_hasher)],
    settings: Annotated[str, Needs(get_settings), Depends(get_settings)],
) -> str:
    return f"logged in by {hasher}"


@contextmanager
def opened(name: str) -> Iterator[str]:
    log.append(f"{name} opened")
    try:
        yield name
    finally:
        log.append(f"{name} closed")


def open_engine(
    settings: Annotated[str, Needs(get_settings), Depends(get_settings)],
) -> Iterator[str]:
    with opened("engine") as engine:
        yield engine


def open_session(engine: Annotated[str, Needs(open_engine), Depends(open_engine)]) -> Iterator[str]:
    with opened("session") as session:
        yield session


def sign_up(session: Annotated[str, Needs(open_session), Depends(open_session)]) -> None:
    log.append(f"signed up with {session}")


def chicken(egg: "Annotated[str, Needs(egg), Depends(egg)]") -> str:
    return egg


def egg(chicken: "Annotated[str, Needs(chicken), Depends(chicken)]") -> str:
    return chicken


# The same, by hand and in FastAPI


def order_by_hand() -> list[str]:
    log.clear()
    call(sign_up)
    return log.copy()


def order_in_fastapi() -> list[str]:
    log.clear()
    app = FastAPI()
    app.post("/users")(sign_up)
    with TestClient(app) as client:
        client.post("/users")
    return log.copy()


def greet(name: str) -> str:
    return f"Hello, {name}"


def unmarked_parameter_by_hand() -> str:
    return _error_of(lambda: call(greet))


def unmarked_parameter_in_fastapi() -> str:
    app = FastAPI()
    app.get("/")(greet)
    (parameter,) = app.openapi()["paths"]["/"]["get"]["parameters"]
    return f"{parameter['name']!r} is a {parameter['in']} parameter"


def cycle_by_hand() -> str:
    return _error_of(lambda: call(chicken))


def cycle_in_fastapi() -> str:
    return _error_of(lambda: FastAPI().get("/")(chicken))


def _error_of(attempt: Callable[[], object]) -> str:
    """Return what went wrong in our words; of a foreign error, its name."""
    try:
        attempt()
    except CannotResolve as error:
        return str(error)
    except RecursionError as error:
        return type(error).__name__
    return "no error"
