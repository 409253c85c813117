"""
People think: Taken out of its session with expunge, the row is a plain value.
Rejected by: test_the_caller_gets_a_user_and_not_a_row
Message: the repository alone
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
        session.expunge(row)
        return row

    @with_session
    def get(self, session, user_id):
        row = session.get(UserRow, user_id)
        return row.to_entity() if row else None
