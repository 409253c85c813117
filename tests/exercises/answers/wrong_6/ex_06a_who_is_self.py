"""
People think: The class has to give the decorator what it expects, so it binds the result.
Rejected by: test_the_decorator_works_for_another_class_too
Message: leaves it there for every other class
"""

from types import MethodType

from sqlalchemy import func, select

from steps.infrastructure.tables import UserRow


def with_session(method, session_factory):
    def in_own_session(self, *args, **kwargs):
        with session_factory.begin() as session:
            return method(self, session, *args, **kwargs)

    return in_own_session


class Users:
    def __init__(self, session_factory):
        self.add = MethodType(with_session(Users._add, session_factory), self)
        self.count = MethodType(with_session(Users._count, session_factory), self)

    def _add(self, session, email):
        session.add(UserRow(email=email, password_hash="-"))

    def _count(self, session):
        return session.scalar(select(func.count(UserRow.id)))
