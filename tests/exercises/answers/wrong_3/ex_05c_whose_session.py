"""
People think: A Factory makes one session for all parts of a service.
Rejected by: test_both_parts_of_a_service_work_in_one_session
Message: cannot be kept or undone together
"""

from types import SimpleNamespace

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory
from sqlalchemy.orm import Session, sessionmaker


class Repository:
    def __init__(self, session: Session) -> None:
        self.session = session


class Container(DeclarativeContainer):
    engine = Dependency()
    session = Factory(Session, engine)
    users = Factory(Repository, session)
    audit_events = Factory(Repository, session)
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    yield container.user_service()
    container.session().commit()
