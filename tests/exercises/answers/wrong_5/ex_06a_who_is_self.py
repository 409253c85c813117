"""
People think: The constructor decorates once, so one session for all calls is enough.
Rejected by: test_each_call_has_a_session_of_its_own
Message: sessions that three calls
"""

from sqlalchemy import func, select

from steps.infrastructure.tables import UserRow


def with_session(method, session_factory):
    session = session_factory()

    def in_own_session(*args, **kwargs):
        with session.begin():
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
