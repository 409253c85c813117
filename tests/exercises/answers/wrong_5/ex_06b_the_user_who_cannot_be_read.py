"""
People think: What a query found has its values already, so only add has to map.
Rejected by: test_a_user_who_is_found_can_be_read_too
Message: DetachedInstanceError
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
        return session.get(UserRow, user_id)
