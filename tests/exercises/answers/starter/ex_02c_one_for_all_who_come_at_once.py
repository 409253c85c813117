"""02c · One for all who come at once · build · 12 minutes

Read notebook 02, "When the first requests come together".
Write `singleton`: like lru_cache, but it calls a provider once even if its first
callers meet. Its providers have no parameters. Then run: make exercise STEP=2
"""

import os
from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import Engine, create_engine


def singleton(provider: Callable[[], object]) -> Callable[[], object]:
    cached = lru_cache(provider)
    return cached  # TODO: let only one caller at a time look into the cache


@singleton
def get_database_url() -> str:
    return os.environ.get("DATABASE_URL", "sqlite:///accounts.db")


@singleton
def get_engine() -> Engine:
    return create_engine(get_database_url())
