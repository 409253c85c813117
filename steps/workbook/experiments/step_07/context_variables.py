"""A session that calls find by themselves, in a context variable."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from sqlalchemy.orm import Session, sessionmaker

from steps.workbook.experiments.step_07.accounts import users_signed_up
from steps.workbook.world.databases import new_engine, new_user
from steps.workbook.world.event_loops import on_event_loop

current_session: ContextVar[Session | None] = ContextVar("current_session", default=None)


@contextmanager
def joined_transaction(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """Join the transaction around us. If there is none, begin one."""
    outer = current_session.get()
    if outer is not None:
        yield outer
        return
    with session_factory.begin() as session:
        token = current_session.set(session)
        try:
            yield session
        finally:
            current_session.reset(token)


def nested_calls_join_the_outer_transaction() -> dict[str, object]:
    with new_engine() as engine:
        session_factory = sessionmaker(engine)
        with suppress(KeyError), joined_transaction(session_factory) as outer:
            with joined_transaction(session_factory) as inner:
                inner.add(new_user("ada"))
            raise KeyError
        return {"one session": inner is outer, "signed up": users_signed_up(engine)}


async def session_of_a_task(session_factory: sessionmaker[Session]) -> Session:
    with joined_transaction(session_factory) as session:
        return session


async def sessions_of_four_tasks(session_factory: sessionmaker[Session]) -> int:
    with joined_transaction(session_factory):
        tasks = [session_of_a_task(session_factory) for _ in range(4)]
        return len(set(await asyncio.gather(*tasks)))


def tasks_that_start_in_a_block_share_its_session() -> dict[str, int]:
    with new_engine() as engine:
        return {"tasks": 4, "sessions": on_event_loop(sessions_of_four_tasks, sessionmaker(engine))}
