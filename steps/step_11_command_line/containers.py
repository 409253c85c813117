"""What each entry point opens: whoever wants users opens a database, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import async_sessionmaker

from steps.infrastructure.database import check_async_database, open_async_engine
from steps.infrastructure.passwords import AsyncPasswordHasher

from .config import Config
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
        )


@asynccontextmanager
async def open_user_service(config: Config) -> AsyncIterator[UserService]:
    async with open_unit_of_work(config) as unit_of_work:
        yield UserService(unit_of_work, AsyncPasswordHasher())
