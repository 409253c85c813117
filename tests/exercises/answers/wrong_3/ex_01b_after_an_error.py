"""
People think: Once it has rolled back, a provider has dealt with the error.
Rejected by: test_the_client_still_hears_of_the_error
Message: An error that a provider catches has to be raised again
"""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
    finally:
        session.close()
