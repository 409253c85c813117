"""
People think: An override holds only for the request that makes it.
Rejected by: test_both_parts_of_a_service_work_in_one_session
Message: seen by all requests at that moment
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
    session = Factory(Session, engine)
    users = Factory(Repository, session)
    audit_events = Factory(Repository, session)
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    session_factory = container.session_factory()
    with session_factory() as session:
        with container.session.override(session):
            service = container.user_service()
        yield service
        session.commit()
