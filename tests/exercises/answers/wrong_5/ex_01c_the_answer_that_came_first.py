"""
People think: Each repository needs a session of its own.
Rejected by: test_one_request_commits_once
Message: keep one half and lose the other
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session
        session.commit()


class UserRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session, scope="function", use_cache=False)]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session, scope="function", use_cache=False)]) -> None:
        self.session = session
