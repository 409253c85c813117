"""01b · After an error · repair · 6 minutes

Read notebook 01, "Four ways for a request to end".
Endpoints that write and then raise keep their connection. Repair get_session: every
request gives it back, and only success is committed. Then run: make exercise STEP=1
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    yield session  # TODO: the endpoint raises. Which of the next lines run?
    session.commit()
    session.close()
