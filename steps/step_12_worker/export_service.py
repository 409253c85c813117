"""The use cases of exports. The row is the truth; a message is only a hint that may get lost."""

import logging

from steps.domain import export_ports as ports
from steps.domain.csv_files import users_as_csv
from steps.domain.entities import Export
from steps.domain.errors import ExportNotFound, TaskQueueUnavailable

logger = logging.getLogger(__name__)


class ExportService:
    def __init__(self, unit_of_work: ports.UnitOfWork, queue: ports.ExportQueue) -> None:
        self._unit_of_work = unit_of_work
        self._queue = queue

    async def request(self) -> Export:
        async with self._unit_of_work() as transaction:
            export = await transaction.exports.add()
            await transaction.commit()
        try:
            await self._queue.send(export.id)
        except TaskQueueUnavailable as error:  # a worker will find the row
            logger.warning("%s Export %d waits. Cause: %r", error, export.id, error.__cause__)
        return export

    async def get(self, export_id: int) -> Export:
        async with self._unit_of_work() as transaction:
            export = await transaction.exports.get(export_id)
        if export is None:
            raise ExportNotFound
        return export


class ExportWriter:
    def __init__(
        self, unit_of_work: ports.UnitOfWork, storage: ports.ExportStorage, lease_s: float
    ) -> None:
        self._unit_of_work = unit_of_work
        self._storage = storage
        self._lease_s = lease_s

    async def write(self, export_id: int) -> None:
        async with self._unit_of_work() as transaction:
            if not await transaction.exports.claim(export_id, self._lease_s):
                return  # it is done, or another worker is at it
            users = await transaction.users.list_all()
            await transaction.commit()
        await self._storage.put(Export.name_of(export_id), users_as_csv(users))
        async with self._unit_of_work() as transaction:
            await transaction.exports.finish(export_id)
            await transaction.commit()

    async def write_unclaimed(self) -> None:
        async with self._unit_of_work() as transaction:
            unclaimed = await transaction.exports.list_unclaimed()
        for export_id in unclaimed:
            await self.write(export_id)
