"""
People think: It is enough that self is not passed on: every method has a self in its signature.
Rejected by: test_the_user_is_added_with_the_email_that_the_caller_gave
Message: missing 1 required positional argument: 'email'
"""

from sqlalchemy import func, select

from steps.infrastructure.tables import UserRow


def with_session(method, session_factory):
    def in_own_session(self, *args, **kwargs):
        with session_factory.begin() as session:
            return method(session, *args, **kwargs)

    return in_own_session


class Users:
    def __init__(self, session_factory):
        self.add = with_session(self._add, session_factory)
        self.count = with_session(self._count, session_factory)

    def _add(self, session, email):
        session.add(UserRow(email=email, password_hash="-"))

    def _count(self, session):
        return session.scalar(select(func.count(UserRow.id)))
