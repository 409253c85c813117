"""
People think: The settings are a parameter now, so `@lru_cache` has to go: a dataclass is unhashable.
Rejected by: test_all_requests_share_one_engine
Message: connections open for the next request
"""

import os
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine


@dataclass
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    return create_engine(settings.database_url)
