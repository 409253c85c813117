"""What the use cases need from outside, in their own words.

An adapter fits a port by its shape: it has these methods and inherits from nothing.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from steps.domain.entities import AuditEvent, User


class UserRepository(Protocol):
    """Keeps users."""

    def add(self, email: str, password_hash: str) -> User:
        """Return the new user with its id. Raises EmailTaken."""

    def get(self, user_id: int) -> User | None:
        """Return the user with this id, or None."""

    def get_by_email(self, email: str) -> User | None:
        """Return the user with this email, which is in lower case, or None."""


class AuditEventRepository(Protocol):
    """Keeps what happened to users."""

    def add(self, user_id: int, action: str) -> None:
        """Note that something happened to a user who exists."""

    def list_for_user(self, user_id: int) -> list[AuditEvent]:
        """Return what happened to a user, the oldest first; an empty list for an unknown id."""


class BucketRepository(Protocol):
    """Keeps buckets. Both methods raise StorageUnavailable."""

    def list_names(self) -> list[str]:
        """Return the names of all buckets."""

    def add(self, name: str) -> None:
        """Create a bucket. Raises BucketExists."""


class PasswordHasher(Protocol):
    """Turns a password into something that may be kept."""

    def hash(self, password: str) -> str:
        """Return the hash to keep."""

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password has this hash. `None`, an unknown user, takes as long."""


class Transaction(Protocol):
    """What one use case reads and writes: all of it stays, or nothing."""

    @property
    def users(self) -> UserRepository: ...

    @property
    def audit_events(self) -> AuditEventRepository: ...

    def commit(self) -> None:
        """Keep what was written. Whatever is not committed is undone at the end."""

    def savepoint(self) -> AbstractContextManager[object]:
        """Return a `with` block: an error that leaves it undoes what was written in it alone."""


class UnitOfWork(Protocol):
    """Gives each use case a transaction of its own. Keeps none itself, so it may be shared."""

    def __call__(self) -> AbstractContextManager[Transaction]:
        """Return a `with` block around one transaction."""
