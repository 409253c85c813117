"""07b · Two requests, one unit of work · repair · 8 minutes

Read notebook 07, "The classic mistake".
The app makes one UnitOfWork for all requests, and writes get lost. Give each block its
own session: `with unit_of_work() as transaction` still has transaction.session.
Then run: make exercise STEP=7
"""

from sqlalchemy.orm import Session, sessionmaker


class UnitOfWork:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(self) -> "UnitOfWork":
        return self

    # TODO: whose session is this, while two requests are in their blocks?
    def __enter__(self) -> "UnitOfWork":
        self.session = self._session_factory()
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()
