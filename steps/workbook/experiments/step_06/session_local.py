"""A session factory that an import makes: an override in a container does not reach it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from dependency_injector.providers import Object
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.settings import load_settings
from steps.infrastructure.passwords import DECOY_HASH
from steps.step_06_session_decorator.container import Container
from steps.workbook.world.databases import count_users, new_engine, new_user

SessionLocal = sessionmaker[Session]()
"""Made by an import. Somebody has to bind it to an engine before the first call."""


def with_session_local(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def in_own_session(self: Any, *args: Any, **kwargs: Any) -> Any:
        with SessionLocal.begin() as session:
            return method(self, session, *args, **kwargs)

    return in_own_session


class UsersWithSessionLocal:
    @with_session_local
    def add(self, session: Session, name: str) -> None:
        session.add(new_user(name))


def where_the_row_is_after_an_override() -> dict[str, str]:
    with new_engine() as production, new_engine() as test:
        SessionLocal.configure(bind=production)
        container = Container(settings=load_settings())
        container.session_factory.override(Object(sessionmaker(test)))

        UsersWithSessionLocal().add("ada")
        seen = {"SessionLocal": "test" if count_users(test) else "production"}

        container.user_repository().add("bob@example.com", DECOY_HASH)
        seen["step 06"] = "test" if count_users(test) else "production"
    return seen
