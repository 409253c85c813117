"""Adapters of the ports that keep everything in memory: for tests without a database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime

from steps.domain.entities import AuditEvent, User
from steps.domain.errors import EmailTaken


class InMemoryUsers:
    def __init__(self, rows: list[User]) -> None:
        self._rows = rows

    def add(self, email: str, password_hash: str) -> User:
        if self.get_by_email(email):
            raise EmailTaken
        user = User(len(self._rows) + 1, email, password_hash)
        self._rows.append(user)
        return user

    def get(self, user_id: int) -> User | None:
        return next((user for user in self._rows if user.id == user_id), None)

    def get_by_email(self, email: str) -> User | None:
        return next((user for user in self._rows if user.email == email), None)


class InMemoryAuditEvents:
    def __init__(self, rows: list[AuditEvent]) -> None:
        self._rows = rows

    def add(self, user_id: int, action: str) -> None:
        self._rows.append(AuditEvent(len(self._rows) + 1, user_id, action, datetime.now(UTC)))

    def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return [event for event in self._rows if event.user_id == user_id]


class InMemoryTransaction:
    """Writes to copies, and knows whether somebody has committed."""

    def __init__(self, users: list[User], audit_events: list[AuditEvent]) -> None:
        self.users = InMemoryUsers(users)
        self.audit_events = InMemoryAuditEvents(audit_events)
        self.committed = False

    def commit(self) -> None:
        self.committed = True

    def savepoint(self) -> AbstractContextManager[object]:
        return nullcontext()  # no use case of step 07 has one


class InMemoryUnitOfWork:
    def __init__(self) -> None:
        self.users: list[User] = []
        self.audit_events: list[AuditEvent] = []

    @contextmanager
    def __call__(self) -> Iterator[InMemoryTransaction]:
        users, audit_events = self.users.copy(), self.audit_events.copy()
        transaction = InMemoryTransaction(users, audit_events)
        yield transaction
        if transaction.committed:
            self.users, self.audit_events = users, audit_events


class PlainHasher:
    def hash(self, password: str) -> str:
        return password

    def verify(self, password: str, password_hash: str | None) -> bool:
        return password == password_hash
