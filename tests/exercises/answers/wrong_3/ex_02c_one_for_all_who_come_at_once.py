"""
People think: `with Lock()` lets one caller through at a time.
Rejected by: test_callers_who_come_at_once_share_one_object
Message: All callers of one provider must share its lock.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    cached = lru_cache(provider)

    def get() -> object:
        with Lock():
            return cached()

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
