"""
People think: What follows the yield always runs.
Rejected by: test_an_error_in_a_block_gives_the_connection_back
Message: on every way out
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
        session = self._session_factory()
        yield Transaction(session)
        session.close()
