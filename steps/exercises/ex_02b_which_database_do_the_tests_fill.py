"""02b · Which database do the tests fill? · repair · 7 minutes

Read notebook 02, "What a test sees".
A test replaces get_settings in app.dependency_overrides, yet its rows land in the real
database. Let its settings reach the engine, still one engine: make exercise STEP=2
"""

import os
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Engine, create_engine


@dataclass
class Settings:
    database_url: str


def get_settings() -> Settings:
    return Settings(database_url=os.environ["DATABASE_URL"])


# TODO: FastAPI replaces only what FastAPI calls. Who calls get_settings here?
@lru_cache
def get_engine() -> Engine:
    return create_engine(get_settings().database_url)
