"""What each entry point opens: whoever wants users opens a database, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from sqlalchemy.ext.asyncio import async_sessionmaker

from steps.infrastructure.database import check_async_database, open_async_engine
from steps.infrastructure.exports import ExportQueue, ExportRepository, ExportStorage
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.infrastructure.passwords import AsyncPasswordHasher
from steps.infrastructure.task_queue import open_task_queue

from .config import Config
from .export_service import ExportService, ExportWriter
from .infra import close_part
from .repositories import AuditEventRepository, UserRepository
from .services import UserService
from .sessions import UnitOfWork


@asynccontextmanager
async def open_unit_of_work(config: Config) -> AsyncIterator[UnitOfWork]:
    async with AsyncExitStack() as stack:
        engine = open_async_engine(config)
        stack.push_async_callback(close_part, "engine", engine.dispose)
        await check_async_database(engine)
        yield UnitOfWork(
            async_sessionmaker(engine),
            users=UserRepository,
            audit_events=AuditEventRepository,
            exports=ExportRepository,
        )


@asynccontextmanager
async def open_user_service(config: Config) -> AsyncIterator[UserService]:
    async with open_unit_of_work(config) as unit_of_work:
        yield UserService(unit_of_work, AsyncPasswordHasher())


@asynccontextmanager
async def open_export_service(config: Config) -> AsyncIterator[ExportService]:
    task_queue = open_task_queue(config.celery_broker_url.get_secret_value())
    async with open_unit_of_work(config) as unit_of_work:
        yield ExportService(unit_of_work, ExportQueue(task_queue))


@asynccontextmanager
async def open_export_writer(config: Config) -> AsyncIterator[ExportWriter]:
    async with AsyncExitStack() as stack:
        unit_of_work = await stack.enter_async_context(open_unit_of_work(config))
        s3_client = open_s3_client(config)
        stack.push_async_callback(close_part, "S3 client", partial(close_s3_client, s3_client))
        storage = ExportStorage(s3_client, config.export_bucket)
        yield ExportWriter(unit_of_work, storage, config.export_lease_s)
