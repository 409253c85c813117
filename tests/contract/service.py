"""A running step as the contract tests see it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from steps.workbook.catalogue import Step


@dataclass(frozen=True)
class Service:
    """A running step: how to call it, and where its rows are."""

    step: Step
    client: httpx2.Client
    database: Path
    api_key: str = field(repr=False)

    def rows(self) -> tuple[int, int]:
        """Count the users and the audit events, past the app."""
        (counts,) = self._execute(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM audit_events)"
        )
        return counts

    def forget_rows(self) -> None:
        self._execute("DELETE FROM audit_events")
        self._execute("DELETE FROM users")

    @contextmanager
    def refusing_audit_events(self) -> Iterator[None]:
        """Let the database refuse every audit event, as a full disk or a broken rule would."""
        self._execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
        )
        try:
            yield
        finally:
            self._execute("DROP TRIGGER refuse")

    def _execute(self, statement: str) -> list[tuple[int, int]]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement).fetchall()
