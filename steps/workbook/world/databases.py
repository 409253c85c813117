"""Where experiments keep their rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, QueuePool, create_engine, func, select
from sqlalchemy.orm import Session

from steps.domain.settings import load_settings
from steps.domain.urls import sqlite_url
from steps.infrastructure.database import open_engine
from steps.infrastructure.passwords import DECOY_HASH
from steps.infrastructure.tables import Table, UserRow
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


@contextmanager
def plain_engine(**pool: Any) -> Iterator[Engine]:
    """Give out SQLAlchemy's own engine on a new SQLite file; `create_engine` is given `pool`."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        engine = create_engine(sqlite_url(Path(folder) / "accounts.db"), **pool)
        Table.metadata.create_all(engine)
        try:
            yield engine
        finally:
            engine.dispose()


def new_user(name: str) -> UserRow:
    return UserRow(email=f"{name}@example.com", password_hash=DECOY_HASH)


def count_users(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(UserRow)) or 0


def connections_in_use(engine: Engine) -> int:
    """Count the connections that somebody has taken from the engine's pool and not given back."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0
