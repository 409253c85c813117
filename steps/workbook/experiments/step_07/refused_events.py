"""A sign-up on a running app, while its database refuses audit events."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import make_url


@contextmanager
def refusing_audit_events(url: str) -> Iterator[None]:
    """Let a SQLite database refuse every audit event, as a full disk or a broken rule would."""
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        connection.isolation_level = None
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER refuse")
