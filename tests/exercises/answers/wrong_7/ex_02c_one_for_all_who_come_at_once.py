"""
People think: Build it in the decorator, then no two callers can meet.
Rejected by: test_each_provider_is_called_by_its_first_caller_only
Message: The decorator runs while the module is imported.
"""

import os
from collections.abc import Callable

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    result = provider()
    return lambda: result


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
