"""A decorated method that calls another one: two sessions, transactions and connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import patch

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import DatabaseUnavailable
from steps.infrastructure import database
from steps.infrastructure.tables import UserRow
from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.world.databases import count_users, new_engine, new_user

PATIENCE_S = 20
"""How long a thread waits for another one before the experiment fails, in seconds."""


class NestingUsers:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)
        self.count = with_session(self._count)
        self.add_two = with_session(self._add_two)
        self.add_inside_then_fail = with_session(self._add_inside_then_fail)
        self.count_twice = with_session(self._count_twice)

    def _add(self, session: Session, name: str) -> None:
        session.add(new_user(name))

    def _count(self, session: Session) -> int:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0

    def _add_two(self, session: Session) -> None:
        session.add(new_user("ada"))
        session.flush()
        self.add("bob")  # in a session, a transaction and a connection of its own

    def _add_inside_then_fail(self, session: Session) -> None:
        self.add("bob")
        raise OSError

    def _count_twice(self, session: Session, all_hold_one: Barrier, all_gave_up: Barrier) -> None:
        session.connection()
        all_hold_one.wait(PATIENCE_S)
        try:
            self.count()
        finally:
            all_gave_up.wait(PATIENCE_S)


def a_write_inside_a_write_locks_itself_out_on_sqlite() -> dict[str, object]:
    with patch.object(database, "BUSY_TIMEOUT_MS", 50), new_engine() as engine:
        try:
            NestingUsers(SessionDecorator(sessionmaker(engine))).add_two()
        except DatabaseUnavailable as error:
            cause = str(getattr(error.__cause__, "orig", error.__cause__))
            return {"error": cause, "users kept": count_users(engine)}
    return {"error": "no error"}


def what_an_inner_call_wrote_outlives_the_outer_rollback() -> dict[str, int]:
    with new_engine() as engine:
        try:
            NestingUsers(SessionDecorator(sessionmaker(engine))).add_inside_then_fail()
        except OSError:
            return {"users kept": count_users(engine)}
    return {}


def four_nested_calls_empty_a_pool_of_four() -> list[str]:
    """Each thread keeps its connection until all four have waited in vain for a second one."""
    all_hold_one, all_gave_up = Barrier(4), Barrier(4)
    with (
        patch.multiple(database, POOL_SIZE=4, POOL_TIMEOUT_S=0.1),
        new_engine() as engine,
        ThreadPoolExecutor(4) as threads,
    ):
        users = NestingUsers(SessionDecorator(sessionmaker(engine)))
        calls = [threads.submit(users.count_twice, all_hold_one, all_gave_up) for _ in range(4)]
        return [type(call.exception(PATIENCE_S)).__name__ for call in calls]
