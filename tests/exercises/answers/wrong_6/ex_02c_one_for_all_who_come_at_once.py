"""
People think: Look first, and take the lock only when there is something to build.
Rejected by: test_callers_who_come_at_once_share_one_object
Message: Each caller found nothing, waited for the lock
"""

import os
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    lock, results = Lock(), []

    def get() -> object:
        if not results:
            with lock:
                results.append(provider())
        return results[0]

    return get


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
