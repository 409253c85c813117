"""Containers that own the session, as a `Resource` for all or as one for each context."""

from collections.abc import Iterator

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import (
    ContextLocalResource,
    Dependency,
    Factory,
    Resource,
    ThreadSafeSingleton,
)
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.settings import Settings
from steps.infrastructure.database import open_engine
from steps.step_05_ioc_container.repositories import UserRepository


def get_session(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """Commit at the end unless there was an error, as the dependency of the steps does."""
    with session_factory() as session:
        yield session
        session.commit()


class ResourceContainer(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)
    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    session = Resource(get_session, session_factory)
    user_repository = Factory(UserRepository, session)


class ContextLocalContainer(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)
    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    session = ContextLocalResource(get_session, session_factory)
    user_repository = Factory(UserRepository, session)


AnyContainer = ResourceContainer | ContextLocalContainer
