"""
People think: Only the endpoint can fail, the commit cannot.
Rejected by: test_a_commit_that_fails_gives_the_connection_back
Message: A commit can raise, too
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
    except Exception:
        session.close()
        raise
    session.commit()
    session.close()
