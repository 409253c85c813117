"""
People think: The errors of an endpoint are its HTTPExceptions.
Rejected by: test_an_endpoint_that_raises_gives_the_connection_back
Message: Connections in use after an endpoint that raised ValueError
"""

from collections.abc import Iterator

from fastapi import HTTPException, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
    except HTTPException:
        session.close()
        raise
    session.commit()
    session.close()
