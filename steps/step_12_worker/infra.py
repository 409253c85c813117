"""The infrastructure tier: opened in order, closed in reverse, whatever fails on the way."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from celery import Celery
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain import async_ports as ports
from steps.infrastructure.database import check_async_database, open_async_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client
from steps.infrastructure.passwords import AsyncPasswordHasher
from steps.infrastructure.task_queue import open_task_queue

from .config import Config

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class InfraContainer:
    config: Config
    engine: AsyncEngine
    s3_client: S3Client
    password_hasher: ports.PasswordHasher
    task_queue: Celery
    _closing: AsyncExitStack = field(repr=False)

    @classmethod
    async def open(cls, config: Config) -> Self:
        """Open everything. If something fails, what was open before it is closed again."""
        async with AsyncExitStack() as stack:
            engine = open_async_engine(config)
            stack.push_async_callback(close_part, "engine", engine.dispose)
            await check_async_database(engine)
            s3_client = open_s3_client(config)
            stack.push_async_callback(close_part, "S3 client", partial(close_s3_client, s3_client))
            task_queue = open_task_queue(config.celery_broker_url.get_secret_value())
            closing = stack.pop_all()
            return cls(config, engine, s3_client, AsyncPasswordHasher(), task_queue, closing)

    async def close(self) -> None:
        """Close everything, even if one of them fails; raise its error then. Twice is harmless."""
        await self._closing.aclose()


async def close_part(part: str, close: Callable[[], Awaitable[None] | None]) -> None:
    logger.info("Closing the %s", part)
    try:
        if (closing := close()) is not None:
            await closing
    except Exception:
        logger.exception("The %s did not close", part)  # ExitStack raises only the last error
        raise
