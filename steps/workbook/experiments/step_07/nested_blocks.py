"""A block inside a block: a second transaction, on a second connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import patch

from steps.domain.errors import DatabaseUnavailable
from steps.infrastructure import database
from steps.step_07_context_manager.sessions import UnitOfWork
from steps.workbook.experiments.step_07.accounts import (
    PATIENCE_S,
    unit_of_work_on,
    users_signed_up,
)
from steps.workbook.world.databases import new_engine


def a_nested_write_locks_itself_out_on_sqlite() -> dict[str, object]:
    with patch.object(database, "BUSY_TIMEOUT_MS", 50), new_engine() as engine:
        unit_of_work = unit_of_work_on(engine)
        refusal = "none"
        with unit_of_work() as outer:
            outer.users.add("ada@example.com", "-")
            try:
                with unit_of_work() as inner:
                    inner.users.add("grace@example.com", "-")
            except DatabaseUnavailable as error:
                refusal = type(error).__name__
            outer.commit()
        return {"inner write": refusal, "signed up": users_signed_up(engine)}


def read_twice_in_nested_blocks(unit_of_work: UnitOfWork, everybody: Barrier) -> None:
    with unit_of_work() as outer:
        outer.users.get(1)
        everybody.wait(PATIENCE_S)
        try:
            with unit_of_work() as inner:
                inner.users.get(2)
        finally:
            everybody.wait(PATIENCE_S)


def read_twice_in_one_block(unit_of_work: UnitOfWork, everybody: Barrier) -> None:
    with unit_of_work() as transaction:
        transaction.users.get(1)
        everybody.wait(PATIENCE_S)
        transaction.users.get(2)
        everybody.wait(PATIENCE_S)


def four_threads_with_four_connections(
    use_case: Callable[[UnitOfWork, Barrier], None],
) -> dict[str, int]:
    everybody = Barrier(4)
    with (
        patch.multiple(database, POOL_SIZE=4, POOL_TIMEOUT_S=0.05),
        new_engine() as engine,
        ThreadPoolExecutor(4) as threads,
    ):
        unit_of_work = unit_of_work_on(engine)
        calls = [threads.submit(use_case, unit_of_work, everybody) for _ in range(4)]
        errors = [call.exception() for call in calls]
    unavailable = sum(isinstance(error, DatabaseUnavailable) for error in errors)
    return {"done": errors.count(None), "DatabaseUnavailable": unavailable}


def nested_blocks_need_two_connections_each() -> dict[str, int]:
    return four_threads_with_four_connections(read_twice_in_nested_blocks)


def one_block_needs_one_connection() -> dict[str, int]:
    return four_threads_with_four_connections(read_twice_in_one_block)
