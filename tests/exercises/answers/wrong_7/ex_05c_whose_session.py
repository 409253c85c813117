"""
People think: A ContextLocalResource is the request's session, and asking for it again gives the same.
Rejected by: test_what_two_requests_wrote_is_kept
Message: very session in which the request has worked
"""

from types import SimpleNamespace

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import ContextLocalResource, Dependency, Factory
from sqlalchemy.orm import Session, sessionmaker


class Repository:
    def __init__(self, session: Session) -> None:
        self.session = session


class Container(DeclarativeContainer):
    engine = Dependency()
    session = ContextLocalResource(Session, engine)
    users = Factory(Repository, session)
    audit_events = Factory(Repository, session)
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    yield container.user_service()
    container.session().commit()
