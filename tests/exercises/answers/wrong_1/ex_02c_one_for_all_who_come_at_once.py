"""
People think: `lru_cache` may call twice, but `@cache` is the thread-safe one.
Rejected by: test_callers_who_come_at_once_share_one_object
Message: whoever looks into it builds one more
"""

import os
from collections.abc import Callable
from functools import cache

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    return cache(provider)


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
