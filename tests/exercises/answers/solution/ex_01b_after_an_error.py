"""An error is thrown into a provider at its `yield`, and the lines below it are skipped.
A `with` closes the session all the same, and a close rolls back what was not committed.
The commit stays below the `yield`, where only a request without an error arrives.
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session
        session.commit()
