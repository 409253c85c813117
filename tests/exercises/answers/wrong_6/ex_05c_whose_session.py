"""
People think: After the commit there is nothing to close.
Rejected by: test_a_request_that_fails_gives_its_connection_back
Message: until nobody gets one
"""

from types import SimpleNamespace

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, ThreadSafeSingleton
from sqlalchemy.orm import Session, sessionmaker


class Repository:
    def __init__(self, session: Session) -> None:
        self.session = session


class Container(DeclarativeContainer):
    engine = Dependency()
    session_factory = ThreadSafeSingleton(sessionmaker, engine)
    users = Factory(Repository)
    audit_events = Factory(Repository)
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    session_factory = container.session_factory()
    session = session_factory()
    yield container.user_service(users__session=session, audit_events__session=session)
    session.commit()
