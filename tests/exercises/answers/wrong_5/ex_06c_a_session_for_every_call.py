"""
People think: A decorator returns what looks like the method, so the name stays by itself.
Rejected by: test_a_method_keeps_its_name_and_docstring
Message: in_own_session
"""

from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction

from steps.infrastructure.tables import UserRow


def with_session(method):
    kinds = (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction)
    if any(kind(method) for kind in kinds):
        raise TypeError(f"{method.__qualname__}: its body runs after its call")

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
