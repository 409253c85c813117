"""
People think: A global variable that is filled once does the same as the cache, without the trouble with keys.
Rejected by: test_each_database_keeps_an_engine_of_its_own
Message: Different settings are different keys.
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


engine: Engine | None = None


def get_engine(settings: Annotated[Settings, Depends(get_settings)]) -> Engine:
    global engine
    if engine is None:
        engine = create_engine(settings.database_url)
    return engine
