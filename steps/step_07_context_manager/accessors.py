"""The functions of one app that its container fills, so that no route imports the container."""

from types import ModuleType

from dependency_injector.wiring import Provide, inject
from sqlalchemy import Engine

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
        def engine(engine: Engine = Provide["engine"]) -> Engine:
            return engine

        @inject
        def user_service(service: UserService = Provide["user_service"]) -> UserService:
            return service

        @inject
        def bucket_repository(
            repository: ports.BucketRepository = Provide["bucket_repository"],
        ) -> ports.BucketRepository:
            return repository

        self.settings = settings
        self.engine = engine
        self.user_service = user_service
        self.bucket_repository = bucket_repository
