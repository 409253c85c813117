"""self._add is looked up on an object, so it is bound: it brings its self along. What the
constructor stores is a plain function, which gets no self either. So the decorator passes
the session first, and then what the caller gave. A decorator in the class body is another
matter: there the method is not bound yet, and the decorator does get a self to pass on.
"""

from sqlalchemy import func, select

from steps.infrastructure.tables import UserRow


def with_session(method, session_factory):
    def in_own_session(*args, **kwargs):
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
