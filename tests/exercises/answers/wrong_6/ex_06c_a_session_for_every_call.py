"""
People think: Only async def runs after its call.
Rejected by: test_a_method_that_runs_after_its_call_is_refused
Message: a generator
"""

from functools import wraps
from inspect import iscoroutinefunction

from steps.infrastructure.tables import UserRow


def with_session(method):
    if iscoroutinefunction(method):
        raise TypeError(f"{method.__qualname__}: its body runs after its call")

    @wraps(method)
    def in_own_session(self, *args, **kwargs):
        with self.session_factory.begin() as session:
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
