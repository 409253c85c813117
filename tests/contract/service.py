"""A running step as the contract tests see it."""

import sqlite3
from contextlib import closing
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

    def _execute(self, statement: str) -> list[tuple[int, int]]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement).fetchall()
