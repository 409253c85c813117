"""
People think: First give the connection back, then commit.
Rejected by: test_a_request_that_succeeds_is_committed
Message: close rolls back
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
    finally:
        session.close()
    session.commit()
