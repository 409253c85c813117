"""
People think: To commit first means to move the line above the yield.
Rejected by: test_the_new_email_is_there_when_the_client_gets_its_answer
Message: Nothing committed it
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        session.commit()
        yield session


class UserRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session
