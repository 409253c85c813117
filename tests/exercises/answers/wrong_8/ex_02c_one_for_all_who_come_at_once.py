"""
People think: The one object belongs in a global variable with a lock beside it.
Rejected by: test_each_provider_is_called_by_its_first_caller_only
Message: Each provider has an object of its own
"""

import os
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine, create_engine

lock, result = Lock(), None


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    def get() -> object:
        global result
        with lock:
            if result is None:
                result = provider()
            return result

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
