"""
People think: A with block around a session commits at its end.
Rejected by: test_a_call_keeps_what_it_wrote_and_returns_what_the_method_returned
Message: Closing a session is no commit
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
        with self.session_factory() as session:
            return method(self, session, *args, **kwargs)

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
