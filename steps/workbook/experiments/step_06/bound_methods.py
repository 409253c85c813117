"""A decorator that a constructor applies meets bound methods, and adds none to the class."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from pydantic import Secret
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.schemas import NewUser
from steps.infrastructure.passwords import DECOY_HASH
from steps.infrastructure.tables import UserRow
from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.world.databases import count_users, new_engine

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]


def decorator_with_self(session_factory: sessionmaker[Session]) -> Decorator:
    def with_session(method: Method) -> Method:
        @wraps(method)
        def in_own_session(self: Any, *args: Any, **kwargs: Any) -> Any:
            with session_factory.begin() as session:
                return method(self, session, *args, **kwargs)

        return in_own_session

    return with_session


class DecoratedInTheConstructor:
    def __init__(self, with_session: Decorator) -> None:
        self.add = with_session(self._add)

    def _add(self, session: Session, user: NewUser) -> None:
        row = UserRow(email=user.email, password_hash=DECOY_HASH)
        session.add(row)


def what_becomes_of_a_call() -> dict[str, str]:
    ada = NewUser(email="ada@example.com", password=Secret("correct horse"))
    decorators: dict[str, Callable[[sessionmaker[Session]], Decorator]] = {
        "with self": decorator_with_self,
        "step 06": SessionDecorator,
    }
    seen: dict[str, str] = {}
    for way, decorator_of in decorators.items():
        with new_engine() as engine:
            try:
                DecoratedInTheConstructor(decorator_of(sessionmaker(engine))).add(ada)
            except AttributeError as error:
                seen[way] = f"AttributeError: {error}"
            else:
                seen[way] = f"users kept: {count_users(engine)}"
    return seen


class AbstractUsers(ABC):
    @abstractmethod
    def count(self) -> int: ...


class UsersPort(Protocol):
    def count(self) -> int: ...


class InheritingUsers(AbstractUsers):
    def __init__(self, with_session: SessionDecorator) -> None:
        self.count = with_session(self._count)  # type: ignore[method-assign]

    def _count(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0


class FittingUsers:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.count = with_session(self._count)

    def _count(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0


def which_port_an_attribute_fits() -> dict[str, str]:
    """Return what becomes of an object whose `count` is its own: its class has none."""
    makers: dict[str, Callable[[SessionDecorator], UsersPort]] = {
        "abstract class": InheritingUsers,
        "protocol": FittingUsers,
    }
    seen: dict[str, str] = {}
    with new_engine() as engine:
        for port, make in makers.items():
            try:
                users = make(SessionDecorator(sessionmaker(engine)))
                seen[port] = f"users counted: {users.count()}"
            except TypeError as error:  # from Python 3.12 on, the rest of the text is another one
                seen[port] = f"TypeError: {str(error).partition(' with')[0]}"
    return seen
