"""
People think: The check belongs where the method is called.
Rejected by: test_a_method_that_runs_after_its_call_is_refused
Message: when the class is made
"""

from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

from steps.infrastructure.tables import UserRow


def with_session(method):
    @wraps(method)
    def in_own_session(self, *args, **kwargs):
        kinds = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)
        if any(kind(method) for kind in kinds):
            raise TypeError(f"{method.__qualname__}: its body runs after its call")
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
