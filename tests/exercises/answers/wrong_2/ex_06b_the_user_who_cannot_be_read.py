"""
People think: Once the row is mapped to a User, all is well.
Rejected by: test_the_user_has_the_id_that_the_database_gave
Message: before a flush
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
        return row.to_entity()

    @with_session
    def get(self, session, user_id):
        row = session.get(UserRow, user_id)
        return row.to_entity() if row else None
