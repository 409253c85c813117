"""A row belongs to its session. The commit makes it expire, the end of the block closes the
session, and the next look at the row asks that session in vain. The flush lets the database
give the id while the session is open; to_entity then copies all values into a dataclass,
which needs no session.
"""

from steps.infrastructure.tables import UserRow


def with_session(method):
    def in_own_session(self, *args):
        with self.session_factory.begin() as session:
            return method(self, session, *args)

    return in_own_session


class UserRepository:
    def __init__(self, session_factory):
        self.session_factory = session_factory

    @with_session
    def add(self, session, email, password_hash):
        row = UserRow(email=email, password_hash=password_hash)
        session.add(row)
        session.flush()
        return row.to_entity()

    @with_session
    def get(self, session, user_id):
        row = session.get(UserRow, user_id)
        return row.to_entity() if row else None
