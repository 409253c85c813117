"""
People think: One engine means one place in the cache: `maxsize=1`.
Rejected by: test_each_database_keeps_an_engine_of_its_own
Message: A second one leaves the first behind
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


@lru_cache(maxsize=1)
def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    return create_engine(settings.database_url)
