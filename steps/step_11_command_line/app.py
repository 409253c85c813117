"""The application tier: adapters from the infrastructure, use cases from adapters."""

from sqlalchemy.ext.asyncio import async_sessionmaker

from .infra import InfraContainer
from .repositories import AuditEventRepository, BucketRepository, UserRepository
from .services import UserService
from .sessions import UnitOfWork


class App:
    def __init__(self, infra: InfraContainer) -> None:
        self.config = infra.config
        self.engine = infra.engine
        self.unit_of_work = UnitOfWork(
            async_sessionmaker(infra.engine),
            users=UserRepository,
            audit_events=AuditEventRepository,
        )
        self.bucket_repository = BucketRepository(infra.s3_client)
        self.user_service = UserService(self.unit_of_work, infra.password_hasher)
