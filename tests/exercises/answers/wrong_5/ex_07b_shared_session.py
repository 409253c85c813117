"""
People think: The end of a block is the place to commit.
Rejected by: test_a_block_keeps_what_it_commits_and_nothing_else
Message: The use case says what is kept
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
            session.commit()
