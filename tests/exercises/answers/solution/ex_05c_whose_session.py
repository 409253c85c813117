"""Nothing that belongs to one request may live in the container: a singleton or a `Resource` is
shared by all of them. The container keeps the session factory; whoever knows where the request
begins and ends makes the session, hands the same one to both parts with the call, and commits it.
The `with` closes it, and what was not committed is undone.
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
        session.commit()
