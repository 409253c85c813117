"""The ports of `async_ports` for a service that also lists its users."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from steps.domain import async_ports
from steps.domain.async_ports import AuditEventRepository as AuditEventRepository
from steps.domain.async_ports import PasswordHasher as PasswordHasher
from steps.domain.entities import User


class UserRepository(async_ports.UserRepository, Protocol):
    """Keeps users, and lists them."""

    async def list_all(self) -> list[User]:
        """Return every user, the first to sign up first."""


class Transaction(async_ports.Transaction, Protocol):
    """What one use case reads and writes: all of it stays, or nothing."""

    @property
    def users(self) -> UserRepository: ...


class UnitOfWork(Protocol):
    """Gives each use case a transaction of its own. Keeps none itself, so it may be shared."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]:
        """Return an `async with` block around one transaction."""
