"""06c · A session for every call · build · 12 minutes

Read notebook 06, "A decorator by hand".
Each call of a decorated method gets its own session: it commits, or rolls back after
an error, and closes. The method keeps its name and docstring. Refuse async def and
generator functions with a TypeError, when the class is made. Then: make exercise STEP=6
"""

from steps.infrastructure.tables import UserRow


def with_session(method):
    def in_own_session(self, *args, **kwargs):
        ...  # TODO: call the method with a session of self.session_factory

    # TODO: keep the name of the method; refuse one whose body runs after its call
    return in_own_session


class UserRepository:
    def __init__(self, session_factory):
        self.session_factory = session_factory

    @with_session
    def add(self, session, email, password_hash):
        """Add a user and return the id."""
        row = UserRow(email=email, password_hash=password_hash)
        session.add(row)
        session.flush()
        return row.id
