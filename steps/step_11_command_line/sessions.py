"""A context manager that gives a use case a session of its own, and one transaction."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction, async_sessionmaker

from steps.domain import listing_ports as ports


@dataclass(frozen=True)
class Transaction:
    session: AsyncSession
    users: ports.UserRepository
    audit_events: ports.AuditEventRepository

    async def commit(self) -> None:
        await self.session.commit()

    def savepoint(self) -> AsyncSessionTransaction:
        return self.session.begin_nested()


class UnitOfWork:
    def __init__(
        self,
        session_factory: async_sessionmaker[AsyncSession],
        users: Callable[[AsyncSession], ports.UserRepository],
        audit_events: Callable[[AsyncSession], ports.AuditEventRepository],
    ) -> None:
        self._session_factory = session_factory
        self._users = users
        self._audit_events = audit_events

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Transaction]:
        async with self._session_factory() as session:  # closing it undoes what nobody committed
            yield Transaction(session, self._users(session), self._audit_events(session))
