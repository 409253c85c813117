"""
People think: A session per thread is a session per request.
Rejected by: test_a_request_that_ends_leaves_the_writes_of_another_alone
Message: not the one she wrote to
"""

from sqlalchemy.orm import Session, scoped_session, sessionmaker


class UnitOfWork:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self.session = scoped_session(session_factory)

    def __call__(self) -> "UnitOfWork":
        return self

    def __enter__(self) -> "UnitOfWork":
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()
