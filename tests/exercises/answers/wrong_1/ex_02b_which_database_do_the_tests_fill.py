"""
People think: It is the cache that keeps the old settings; without it the override arrives.
Rejected by: test_a_test_that_overrides_the_settings_fills_its_own_database
Message: FastAPI replaces only what FastAPI calls.
"""

import os
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine


@dataclass
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


def get_engine() -> Engine:
    return create_engine(get_settings().database_url)
