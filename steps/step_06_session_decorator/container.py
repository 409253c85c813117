"""The object graph: what is made of what, how long it lives, and in which order it closes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, ThreadSafeSingleton
from sqlalchemy.orm import Session, sessionmaker

from steps.domain import ports
from steps.domain.settings import Settings
from steps.infrastructure.database import check_database, open_engine
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.infrastructure.passwords import PasswordHasher

from .repositories import AuditEventRepository, BucketRepository, UserRepository
from .services import UserService
from .sessions import SessionDecorator


class Container(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)

    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    with_session = ThreadSafeSingleton(SessionDecorator, session_factory)
    s3_client = ThreadSafeSingleton(open_s3_client, settings)

    # Each adapter with the port that it fits. Repositories keep no session, so one of each will do.
    password_hasher: ThreadSafeSingleton[ports.PasswordHasher] = ThreadSafeSingleton(PasswordHasher)
    user_repository: ThreadSafeSingleton[ports.UserRepository] = ThreadSafeSingleton(
        UserRepository, with_session
    )
    audit_event_repository: ThreadSafeSingleton[ports.AuditEventRepository] = ThreadSafeSingleton(
        AuditEventRepository, with_session
    )
    bucket_repository: Factory[ports.BucketRepository] = Factory(BucketRepository, s3_client)

    user_service = Factory(
        UserService,
        users=user_repository,
        audit_events=audit_event_repository,
        password_hasher=password_hasher,
    )


@contextmanager
def open_container(settings: Settings) -> Iterator[Container]:
    container = Container(settings=settings)
    container.check_dependencies()
    with ExitStack() as stack:
        engine = container.engine()
        stack.callback(engine.dispose)
        check_database(engine)
        s3_client = container.s3_client()
        stack.callback(close_s3_client, s3_client)
        yield container
