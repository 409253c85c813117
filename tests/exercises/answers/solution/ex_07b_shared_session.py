"""What belongs to one block lives in the call that made it: a local variable and the
object that is given out. The UnitOfWork keeps only the factory, which is the same for
everybody, so one object serves all requests, in whatever order they end. `with` closes
the session after an error too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker


@dataclass(frozen=True)
class Transaction:
    session: Session


class UnitOfWork:
    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    @contextmanager
    def __call__(self) -> Iterator[Transaction]:
        with self._session_factory() as session:
            yield Transaction(session)
