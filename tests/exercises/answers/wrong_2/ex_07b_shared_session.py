"""
People think: A lock makes a shared session safe.
Rejected by: test_a_request_that_ends_leaves_the_writes_of_another_alone
Message: served one at a time
"""

from threading import Lock

from sqlalchemy.orm import Session, sessionmaker


class UnitOfWork:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory
        self._lock = Lock()

    def __call__(self) -> "UnitOfWork":
        return self

    def __enter__(self) -> "UnitOfWork":
        self._lock.acquire()
        self.session = self._session_factory()
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()
        self._lock.release()
