"""
People think: A `with` closes the session, so the provider can return it.
Rejected by: test_an_endpoint_that_raises_gives_the_connection_back
Message: get_session no longer yields
"""

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    with Session(request.app.state.engine) as session:
        return session
