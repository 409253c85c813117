"""The default scope ends after the answer, function scope before it. So a 200 means that
the rows are there, and a commit that fails is still a 500. One alias for both repositories:
the scope is part of the request cache's key, and two scopes would be two sessions.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session
        session.commit()


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


class UserRepository:
    def __init__(self, session: SessionDep) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: SessionDep) -> None:
        self.session = session
