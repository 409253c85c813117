"""session_factory.begin() opens a session, commits at the end of the block or rolls back after
an error, and closes in both cases. It has to stand inside the function that is called, so
that each call begins anew. wraps copies name and docstring. A call of an async def or
generator function only makes an object: the block would be over before the body begins, so
the decorator refuses it when the class is made. This one is for a class body, so it passes
self on; the one of step 06 is applied to bound methods, which have theirs.
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
