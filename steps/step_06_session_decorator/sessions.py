"""A decorator that gives a method a session of its own, and a transaction around it."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session, sessionmaker

Params = ParamSpec("Params")
Result = TypeVar("Result")

RUN_AFTER_THEIR_CALL = (
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
)


class SessionDecorator:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(
        self, method: Callable[Concatenate[Session, Params], Result]
    ) -> Callable[Params, Result]:
        if any(kind(inspect.unwrap(method)) for kind in RUN_AFTER_THEIR_CALL):
            raise TypeError(f"{method.__qualname__}: its session would close before its body runs")

        @wraps(method)
        def in_own_session(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            with self._session_factory.begin() as session:
                return method(session, *args, **kwargs)

        return in_own_session
