"""The functions of one app that its container fills, so that no route imports the container."""

from types import ModuleType

from dependency_injector.providers import Factory
from dependency_injector.wiring import Provide, Provider, inject
from sqlalchemy.orm import Session, sessionmaker

from steps.domain import ports
from steps.domain.settings import Settings

from .services import UserService


class Accessors(ModuleType):
    """A module, because wiring fills modules; one per app, because the last to wire it wins."""

    def __init__(self) -> None:
        super().__init__("accessors")

        @inject
        def settings(settings: Settings = Provide["settings"]) -> Settings:
            return settings

        @inject
        def session(factory: sessionmaker[Session] = Provide["session_factory"]) -> Session:
            return factory()

        @inject
        def user_service(
            session: Session, factory: Factory[UserService] = Provider["user_service"]
        ) -> UserService:
            return factory(users__session=session, audit_events__session=session)

        @inject
        def bucket_repository(
            repository: ports.BucketRepository = Provide["bucket_repository"],
        ) -> ports.BucketRepository:
            return repository

        self.settings = settings
        self.session = session
        self.user_service = user_service
        self.bucket_repository = bucket_repository
