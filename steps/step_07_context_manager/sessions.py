"""A context manager that gives a use case a session of its own, and one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from steps.domain import ports


@dataclass(frozen=True)
class Transaction:
    session: Session
    users: ports.UserRepository
    audit_events: ports.AuditEventRepository

    def commit(self) -> None:
        self.session.commit()

    def savepoint(self) -> SessionTransaction:
        return self.session.begin_nested()


class UnitOfWork:
    def __init__(
        self,
        session_factory: sessionmaker[Session],
        users: Callable[[Session], ports.UserRepository],
        audit_events: Callable[[Session], ports.AuditEventRepository],
    ) -> None:
        self._session_factory = session_factory
        self._users = users
        self._audit_events = audit_events

    @contextmanager
    def __call__(self) -> Iterator[Transaction]:
        with self._session_factory() as session:  # closing it undoes what nobody committed
            yield Transaction(session, self._users(session), self._audit_events(session))
