"""06b · The user who cannot be read · repair · 7 minutes

Read notebook 06, "A decorator by hand".
Whoever adds a user cannot read it afterwards. Repair both. Run: make exercise STEP=6
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
        return row  # TODO: a User with its id (UserRow.to_entity())

    @with_session
    def get(self, session, user_id):
        return session.get(UserRow, user_id)  # TODO: a User, or None
