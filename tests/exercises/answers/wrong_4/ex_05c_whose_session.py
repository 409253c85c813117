"""
People think: The end of the session's `with` block commits.
Rejected by: test_what_two_requests_wrote_is_kept
Message: Closing it undoes
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
    with session_factory() as session:
        yield container.user_service(users__session=session, audit_events__session=session)
