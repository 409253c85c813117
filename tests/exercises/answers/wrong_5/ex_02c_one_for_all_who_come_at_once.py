"""
People think: `acquire` before and `release` after is the same as `with`.
Rejected by: test_after_a_failed_build_the_next_call_tries_again
Message: An exception skips the lines after it.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    cached = lru_cache(provider)
    lock = Lock()

    def get() -> object:
        lock.acquire()
        result = cached()
        lock.release()
        return result

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
