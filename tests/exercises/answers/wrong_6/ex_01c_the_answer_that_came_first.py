"""
People think: In function scope, a finally is the place for the commit.
Rejected by: test_a_request_that_fails_keeps_nothing
Message: An error skips the code after the yield
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        try:
            yield session
        finally:
            session.commit()


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


class UserRepository:
    def __init__(self, session: SessionDep) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: SessionDep) -> None:
        self.session = session
