"""
People think: A lock around the building is enough, and `@lru_cache` goes on top.
Rejected by: test_callers_who_come_at_once_share_one_object
Message: Hold the lock already when you look into the cache.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    lock = Lock()

    @lru_cache
    def get() -> object:
        with lock:
            return provider()

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
