"""A context manager in each method of a repository, and one around the use case."""

from contextlib import AbstractContextManager, suppress

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import AuditEventRow, UserRow
from steps.workbook.experiments.step_07.accounts import users_signed_up
from steps.workbook.world.databases import new_engine, new_user

NOBODYS_ID = 7
"""An id that no user has: the database refuses an audit event of nobody."""


class Sessions:
    """Gives out a session for one `with` block, and commits at its end."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(self) -> AbstractContextManager[Session]:
        return self._session_factory.begin()


class SelfServingRepository:
    """Opens its own `with` in each method."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def add_user(self, name: str) -> UserRow:
        with self._sessions() as session:
            user = new_user(name)
            session.add(user)
            return user

    def add_event(self, user_id: int) -> None:
        with self._sessions() as session:
            session.add(AuditEventRow(user_id=user_id, action="signed up"))


def a_with_in_each_method() -> list[str]:
    """Return who is signed up after a sign-up whose audit event fails."""
    with new_engine() as engine:
        repository = SelfServingRepository(Sessions(sessionmaker(engine)))
        with suppress(IntegrityError):
            repository.add_user("ada")
            repository.add_event(NOBODYS_ID)
        return users_signed_up(engine)
