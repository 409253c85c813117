"""The adapters of `in_memory` for use cases that await. Nothing here ever waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from steps.domain.entities import AuditEvent, User
from steps.workbook.fakes.in_memory import InMemoryAuditEvents, InMemoryUsers, PlainHasher


class AsyncInMemoryUsers:
    def __init__(self, rows: list[User]) -> None:
        self._users = InMemoryUsers(rows)

    async def add(self, email: str, password_hash: str) -> User:
        return self._users.add(email, password_hash)

    async def get(self, user_id: int) -> User | None:
        return self._users.get(user_id)

    async def get_by_email(self, email: str) -> User | None:
        return self._users.get_by_email(email)


class AsyncInMemoryAuditEvents:
    def __init__(self, rows: list[AuditEvent]) -> None:
        self._audit_events = InMemoryAuditEvents(rows)

    async def add(self, user_id: int, action: str) -> None:
        self._audit_events.add(user_id, action)

    async def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return self._audit_events.list_for_user(user_id)


class AsyncInMemoryTransaction:
    """Writes to copies, and knows whether somebody has committed."""

    def __init__(self, users: list[User], audit_events: list[AuditEvent]) -> None:
        self.users = AsyncInMemoryUsers(users)
        self.audit_events = AsyncInMemoryAuditEvents(audit_events)
        self.committed = False

    async def commit(self) -> None:
        self.committed = True

    def savepoint(self) -> nullcontext[None]:
        return nullcontext()  # no use case has one


class AsyncInMemoryUnitOfWork:
    def __init__(self) -> None:
        self.users: list[User] = []
        self.audit_events: list[AuditEvent] = []

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncInMemoryTransaction]:
        users, audit_events = self.users.copy(), self.audit_events.copy()
        transaction = AsyncInMemoryTransaction(users, audit_events)
        yield transaction
        if transaction.committed:
            self.users, self.audit_events = users, audit_events


class AsyncPlainHasher:
    def __init__(self) -> None:
        self._hasher = PlainHasher()

    async def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        return self._hasher.verify(password, password_hash)
