"""A unit of work that keeps a session which all requests share, and step 07's, which keeps none."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier, Event

from sqlalchemy.orm import Session, sessionmaker

from steps.domain import ports
from steps.step_07_context_manager.repositories import AuditEventRepository, UserRepository
from steps.workbook.experiments.step_07.accounts import (
    PATIENCE_S,
    users_signed_up,
)
from steps.workbook.world.databases import new_engine


class OneSessionForAll:
    """The classic mistake: what belongs to one request is kept where all requests share it."""

    def __init__(self, session_factory: sessionmaker[Session]) -> None:
        self._session_factory = session_factory

    def __call__(self) -> "OneSessionForAll":
        return self

    def __enter__(self) -> "OneSessionForAll":
        self.session = self._session_factory()
        self.users = UserRepository(self.session)
        self.audit_events = AuditEventRepository(self.session)
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def commit(self) -> None:
        self.session.commit()

    def savepoint(self) -> AbstractContextManager[object]:
        return self.session.begin_nested()


def ada_commits_and_grace_gives_up(unit_of_work: ports.UnitOfWork) -> None:
    """Two requests are in their `with` at once; Grace leaves hers before Ada commits."""
    both, ada_has_written, grace_is_gone = Barrier(2), Event(), Event()

    def ada() -> None:
        with unit_of_work() as transaction:
            both.wait(PATIENCE_S)
            transaction.users.add("ada@example.com", "-")
            ada_has_written.set()
            grace_is_gone.wait(PATIENCE_S)
            transaction.commit()

    def grace() -> None:
        with unit_of_work():
            both.wait(PATIENCE_S)
            ada_has_written.wait(PATIENCE_S)
        grace_is_gone.set()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda request: request(), [ada, grace]))


def a_unit_of_work_that_keeps_a_session_loses_ada() -> list[str]:
    with new_engine() as engine:
        ada_commits_and_grace_gives_up(OneSessionForAll(sessionmaker(engine)))
        return users_signed_up(engine)
