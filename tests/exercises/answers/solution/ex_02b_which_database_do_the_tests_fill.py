"""The settings come as a parameter, so FastAPI calls `get_settings`, and what FastAPI calls it can
replace. The parameter is also the key of the cache, so it must be hashable, and equal settings
must be one key: a frozen dataclass is both. Each database has one engine, and all requests with
the same settings share it. Still nobody closes any of them: that is left to step 03.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


@lru_cache
def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    return create_engine(settings.database_url)
