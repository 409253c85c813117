"""What use cases that await need from outside: the ports of `steps.domain.ports`, but awaited.

A port whose every adapter blocks stays as it is, and so does what calls it.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from steps.domain.entities import AuditEvent, User
from steps.domain.ports import BucketRepository as BucketRepository  # boto3 only blocks


class UserRepository(Protocol):
    """Keeps users."""

    async def add(self, email: str, password_hash: str) -> User:
        """Return the new user with its id. Raises EmailTaken."""

    async def get(self, user_id: int) -> User | None:
        """Return the user with this id, or None."""

    async def get_by_email(self, email: str) -> User | None:
        """Return the user with this email, which is in lower case, or None."""


class AuditEventRepository(Protocol):
    """Keeps what happened to users."""

    async def add(self, user_id: int, action: str) -> None:
        """Note that something happened to a user who exists."""

    async def list_for_user(self, user_id: int) -> list[AuditEvent]:
        """Return what happened to a user, the oldest first; an empty list for an unknown id."""


class PasswordHasher(Protocol):
    """Turns a password into something that may be kept."""

    async def hash(self, password: str) -> str:
        """Return the hash to keep."""

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password has this hash. `None`, an unknown user, takes as long."""


class Transaction(Protocol):
    """What one use case reads and writes: all of it stays, or nothing."""

    @property
    def users(self) -> UserRepository: ...

    @property
    def audit_events(self) -> AuditEventRepository: ...

    async def commit(self) -> None:
        """Keep what was written. Whatever is not committed is undone at the end."""

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """Return an `async with` block: an error that leaves it undoes what it wrote alone."""


class UnitOfWork(Protocol):
    """Gives each use case a transaction of its own. Keeps none itself, so it may be shared."""

    def __call__(self) -> AbstractAsyncContextManager[Transaction]:
        """Return an `async with` block around one transaction."""
