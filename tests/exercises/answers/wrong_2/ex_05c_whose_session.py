"""
People think: A session per thread is a session per request.
Rejected by: test_a_request_does_not_see_what_another_has_not_committed
Message: a thread serves many requests
"""

from types import SimpleNamespace

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, ThreadLocalSingleton
from sqlalchemy.orm import Session, sessionmaker


class Repository:
    def __init__(self, session: Session) -> None:
        self.session = session


class Container(DeclarativeContainer):
    engine = Dependency()
    session = ThreadLocalSingleton(Session, engine)
    users = Factory(Repository, session)
    audit_events = Factory(Repository, session)
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    yield container.user_service()
    container.session().commit()
