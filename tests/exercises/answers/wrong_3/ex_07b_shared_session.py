"""
People think: A stack of sessions finds each request its own.
Rejected by: test_whoever_came_first_may_leave_first
Message: the reverse order of their beginning
"""

from sqlalchemy.orm import Session, sessionmaker


class UnitOfWork:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory
        self._sessions: list[Session] = []

    @property
    def session(self) -> Session:
        return self._sessions[-1]

    def __call__(self) -> "UnitOfWork":
        return self

    def __enter__(self) -> "UnitOfWork":
        self._sessions.append(self._session_factory())
        return self

    def __exit__(self, *error: object) -> None:
        self._sessions.pop().close()
