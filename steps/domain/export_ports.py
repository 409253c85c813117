"""The ports of `listing_ports` for a service that also writes exports."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from steps.domain import listing_ports
from steps.domain.entities import Export
from steps.domain.listing_ports import AuditEventRepository as AuditEventRepository
from steps.domain.listing_ports import PasswordHasher as PasswordHasher
from steps.domain.listing_ports import UserRepository as UserRepository


class ExportRepository(Protocol):
    """Keeps which exports were asked for, and who writes them."""

    async def add(self) -> Export:
        """Return a new export that waits to be written."""

    async def get(self, export_id: int) -> Export | None:
        """Return the export with this id, or None."""

    async def claim(self, export_id: int, lease_s: float) -> bool:
        """Tell whether the caller may write it, alone, for so many seconds from now.

        Nobody may who asks for one that is done, that somebody has claimed, or that is unknown.
        """

    async def finish(self, export_id: int) -> None:
        """Note that it is written."""

    async def list_unclaimed(self) -> list[int]:
        """Return the ids of those that wait and that nobody has claimed, the oldest first."""


class ExportStorage(Protocol):
    """Keeps the files."""

    async def put(self, name: str, content: bytes) -> None:
        """Write a file as a whole, in place of an older one. Raises StorageUnavailable."""


class ExportQueue(Protocol):
    """Tells workers what to do."""

    async def send(self, export_id: int) -> None:
        """Ask some worker to write an export. Raises TaskQueueUnavailable."""


class Transaction(listing_ports.Transaction, Protocol):
    """What one use case reads and writes: all of it stays, or nothing."""

    @property
    def exports(self) -> ExportRepository: ...


class UnitOfWork(Protocol):
    """Gives each use case a transaction of its own. Keeps none itself, so it may be shared."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]:
        """Return an `async with` block around one transaction."""
