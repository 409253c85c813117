"""
People think: Request scope ends with the request, and so before the response.
Rejected by: test_the_new_email_is_there_when_the_client_gets_its_answer
Message: The default scope ends after the answer
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
    def __init__(self, session: Annotated[Session, Depends(get_session, scope="request")]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session, scope="request")]) -> None:
        self.session = session
