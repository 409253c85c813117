"""
People think: A type is enough: FastAPI sees that the parameter is `Settings` and knows where they come from.
Rejected by: test_a_test_that_overrides_the_settings_fills_its_own_database
Message: FastAPI takes a parameter for something the caller sends
"""

import os
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Engine, create_engine


@dataclass(frozen=True)
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


@lru_cache
def get_engine(settings: Settings) -> Engine:
    return create_engine(settings.database_url)
