"""
People think: The session comes last, so the parameters of _add are in the wrong order.
Rejected by: test_a_method_without_arguments_works_too
Message: has no argument
"""

from sqlalchemy import func, select

from steps.infrastructure.tables import UserRow


def with_session(method, session_factory):
    def in_own_session(self, *args, **kwargs):
        with session_factory.begin() as session:
            return method(self, session, *args, **kwargs)

    return in_own_session


class Users:
    def __init__(self, session_factory):
        self.add = with_session(self._add, session_factory)
        self.count = with_session(self._count, session_factory)

    def _add(self, email, session):
        session.add(UserRow(email=email, password_hash="-"))

    def _count(self, session):
        return session.scalar(select(func.count(UserRow.id)))
