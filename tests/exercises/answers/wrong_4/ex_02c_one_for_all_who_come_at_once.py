"""
People think: One lock for the module is enough for all its providers.
Rejected by: test_a_provider_may_call_another_one
Message: Each provider needs a lock of its own.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, create_engine

lock = Lock()


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    cached = lru_cache(provider)

    def get() -> object:
        with lock:
            return cached()

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
