"""Adapters for exports: their rows, their files and the messages about them."""

from datetime import UTC, datetime, timedelta

from anyio import to_thread
from celery import Celery
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from steps.domain.entities import Export
from steps.infrastructure.object_storage import S3Client, put_object
from steps.infrastructure.tables import ExportRow
from steps.infrastructure.task_queue import send_task

WRITE_EXPORT = "exports.write"


class ExportRepository:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self) -> Export:
        row = ExportRow()
        self._session.add(row)
        await self._session.flush()
        return row.to_entity()

    async def get(self, export_id: int) -> Export | None:
        row = await self._session.get(ExportRow, export_id)
        return row.to_entity() if row else None

    async def claim(self, export_id: int, lease_s: float) -> bool:
        # One statement both asks and takes, so of two workers one gets it.
        claimed = update(ExportRow).where(ExportRow.id == export_id, *_unclaimed())
        until = datetime.now(UTC) + timedelta(seconds=lease_s)
        ids = await self._session.scalars(
            claimed.values(leased_until=until).returning(ExportRow.id)
        )
        return ids.one_or_none() is not None

    async def finish(self, export_id: int) -> None:
        written = update(ExportRow).where(ExportRow.id == export_id)
        await self._session.execute(written.values(done=True, leased_until=None))

    async def list_unclaimed(self) -> list[int]:
        ids = select(ExportRow.id).where(*_unclaimed()).order_by(ExportRow.id)
        return list(await self._session.scalars(ids))


def _unclaimed() -> tuple[ColumnElement[bool], ...]:
    over = ExportRow.leased_until < datetime.now(UTC)
    return ~ExportRow.done, or_(ExportRow.leased_until.is_(None), over)


class ExportStorage:
    def __init__(self, s3_client: S3Client, bucket: str) -> None:
        self._s3_client = s3_client
        self._bucket = bucket

    async def put(self, name: str, content: bytes) -> None:
        await to_thread.run_sync(put_object, self._s3_client, self._bucket, name, content)


class ExportQueue:
    def __init__(self, task_queue: Celery) -> None:
        self._task_queue = task_queue

    async def send(self, export_id: int) -> None:
        await to_thread.run_sync(send_task, self._task_queue, WRITE_EXPORT, export_id)
