"""
People think: With the settings as a parameter the cache goes on as before.
Rejected by: test_a_test_that_overrides_the_settings_fills_its_own_database
Message: a key must be hashable
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine


@dataclass
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


@lru_cache
def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    return create_engine(settings.database_url)
