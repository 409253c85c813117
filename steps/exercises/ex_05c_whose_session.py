"""05c · Whose session is it? · repair · 12 minutes

Read notebook 05, "Who closes?".
All requests share one session. Give each request its own: both parts use it, success
commits, an error keeps nothing. Then run: make exercise STEP=5
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
    session = ThreadSafeSingleton(Session, engine)  # TODO: keep a sessionmaker
    users = Factory(Repository, session)  # TODO
    audit_events = Factory(Repository, session)  # TODO
    user_service = Factory(SimpleNamespace, users=users, audit_events=audit_events)


def get_user_service(container: Container):
    yield container.user_service()  # TODO: give users__session=…; here the request runs
    container.session().commit()
