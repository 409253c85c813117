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
from .sessions import UnitOfWork


class Container(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)

    engine = ThreadSafeSingleton(open_engine, settings)
    session_factory = ThreadSafeSingleton(sessionmaker[Session], engine)
    s3_client = ThreadSafeSingleton(open_s3_client, settings)

    # Each adapter with the port that it fits.
    password_hasher: ThreadSafeSingleton[ports.PasswordHasher] = ThreadSafeSingleton(PasswordHasher)
    user_repository: Factory[ports.UserRepository] = Factory(UserRepository)
    audit_event_repository: Factory[ports.AuditEventRepository] = Factory(AuditEventRepository)
    bucket_repository: Factory[ports.BucketRepository] = Factory(BucketRepository, s3_client)

    unit_of_work: Factory[ports.UnitOfWork] = Factory(
        UnitOfWork,
        session_factory,
        users=user_repository.provider,  # the provider itself: each transaction calls it
        audit_events=audit_event_repository.provider,
    )

    user_service = Factory(UserService, unit_of_work=unit_of_work, password_hasher=password_hasher)


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
