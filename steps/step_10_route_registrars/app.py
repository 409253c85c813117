"""The application tier: adapters from the infrastructure, use cases from adapters, handlers."""

from typing import Protocol

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import async_sessionmaker

from .bucket_handler import BucketHandler
from .health_handler import HealthHandler
from .infra import InfraContainer
from .repositories import (
    AuditEventRepository,
    BucketRepository,
    UserRepository,
)
from .services import UserService
from .sessions import UnitOfWork
from .user_handler import UserHandler


class RouteRegistrar(Protocol):
    """What knows its own calls, and adds them to a router."""

    def register_routes(self, router: APIRouter) -> None: ...


class App:
    def __init__(self, infra: InfraContainer) -> None:
        session_factory = async_sessionmaker(infra.engine)
        self.unit_of_work = UnitOfWork(
            session_factory, users=UserRepository, audit_events=AuditEventRepository
        )
        self.bucket_repository = BucketRepository(infra.s3_client)

        self.user_service = UserService(self.unit_of_work, infra.password_hasher)

        self.handlers: tuple[RouteRegistrar, ...] = (
            UserHandler(self.user_service),
            BucketHandler(self.bucket_repository, infra.config.api_key),
            HealthHandler(infra.engine),
        )

    def register_routes(self, router: APIRouter) -> None:
        for handler in self.handlers:
            handler.register_routes(router)
