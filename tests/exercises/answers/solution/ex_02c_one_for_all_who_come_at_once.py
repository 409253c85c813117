"""The lock is around the cached function, so the look into the cache and the build are one step:
whoever comes second looks only when the first object is stored. `with` gives the lock back also
after an exception. There is one lock for each provider: one plain `Lock` for all would make
`get_engine` wait for itself (an `RLock` would not, but then one slow provider stops all others).
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
        with lock:
            return cached()

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
