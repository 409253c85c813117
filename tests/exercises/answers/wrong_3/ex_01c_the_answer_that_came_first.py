"""
People think: A finally runs earlier than the code after a yield.
Rejected by: test_the_new_email_is_there_when_the_client_gets_its_answer
Message: The default scope ends after the answer
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


class UserRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session
