"""
People think: The scope is a matter of the provider, so one place that names it is enough.
Rejected by: test_the_audit_event_is_there_when_the_client_gets_its_answer
Message: each Depends has a scope of its own
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
    def __init__(self, session: Annotated[Session, Depends(get_session, scope="function")]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session
