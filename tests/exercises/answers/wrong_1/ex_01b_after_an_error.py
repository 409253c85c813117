"""
People think: All of the clean-up belongs into finally, the commit too.
Rejected by: test_a_failed_request_leaves_nothing_in_the_database
Message: finally runs after an error, too
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
    finally:
        session.commit()
        session.close()
