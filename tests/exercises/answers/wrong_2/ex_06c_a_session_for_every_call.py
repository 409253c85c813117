"""
People think: The commit belongs into finally, so that nobody forgets it.
Rejected by: test_an_error_undoes_what_the_call_wrote
Message: half of its work
"""

from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

from steps.infrastructure.tables import UserRow


def with_session(method):
    kinds = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)
    if any(kind(method) for kind in kinds):
        raise TypeError(f"{method.__qualname__}: its body runs after its call")

    @wraps(method)
    def in_own_session(self, *args, **kwargs):
        session = self.session_factory()
        try:
            return method(self, session, *args, **kwargs)
        finally:
            session.commit()
            session.close()

    return in_own_session


class UserRepository:
    def __init__(self, session_factory):
        self.session_factory = session_factory

    @with_session
    def add(self, session, email, password_hash):
        """Add a user and return the id."""
        row = UserRow(email=email, password_hash=password_hash)
        session.add(row)
        session.flush()
        return row.id
