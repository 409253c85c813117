"""
People think: Whatever is hashable is a good key, also an object that equals only itself.
Rejected by: test_all_requests_share_one_engine
Message: settings that are equal must lead to the same engine
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Engine, create_engine


@dataclass(eq=False)
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


@lru_cache
def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    return create_engine(settings.database_url)
