"""Where experiments keep their rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.workbook.world.environment import new_database


@contextmanager
def new_engine() -> Iterator[Engine]:
    """Give out the engine that every step opens, on a new SQLite file."""
    with new_database():
        engine = open_engine(load_settings())
        try:
            yield engine
        finally:
            engine.dispose()
