"""A decorator that gives a method a session of its own, and a transaction around it."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session, sessionmaker


class HasSessionFactory(Protocol):
    @property
    def session_factory(self) -> sessionmaker[Session]: ...


Owner = TypeVar("Owner", bound=HasSessionFactory)
Params = ParamSpec("Params")
Result = TypeVar("Result")

RUN_AFTER_THEIR_CALL = (
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
)


def with_session(
    method: Callable[Concatenate[Owner, Session, Params], Result],
) -> Callable[Concatenate[Owner, Params], Result]:
    if any(kind(inspect.unwrap(method)) for kind in RUN_AFTER_THEIR_CALL):
        raise TypeError(f"{method.__qualname__}: its session would close before its body runs")

    @wraps(method)
    def in_own_session(self: Owner, /, *args: Params.args, **kwargs: Params.kwargs) -> Result:
        with self.session_factory.begin() as session:
            return method(self, session, *args, **kwargs)

    signature = inspect.signature(method)
    own, _session, *others = signature.parameters.values()
    in_own_session.__signature__ = signature.replace(parameters=[own, *others])  # type: ignore[attr-defined]
    return in_own_session
