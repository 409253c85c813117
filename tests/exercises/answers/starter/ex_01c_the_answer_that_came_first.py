"""01c · The answer that came first · repair · 9 minutes

Read notebook 01, "The same on a real server".
A client gets its 200 before the commit. Commit once per request, before the answer
is sent. Then run: make exercise STEP=1
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session
        session.commit()  # TODO: the client has its answer already


class UserRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session


class AuditEventRepository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session
