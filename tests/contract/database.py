"""A step's database as the contract tests see it: past the step."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text

REFUSING = {
    "sqlite": (
        """CREATE TRIGGER refuse BEFORE INSERT ON audit_events
           BEGIN SELECT RAISE(ABORT, 'no events today'); END""",
        "DROP TRIGGER refuse",
    ),
    "postgresql": (
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'no events today'; END $$;
           CREATE TRIGGER refuse BEFORE INSERT ON audit_events EXECUTE FUNCTION refuse()""",
        "DROP FUNCTION refuse CASCADE",
    ),
}
LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN; LOCK TABLE users IN EXCLUSIVE MODE"}


class Database:
    """A SQLite file or a PostgreSQL database with the service's tables."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self.dialect = self._engine.name

    def close(self) -> None:
        self._engine.dispose()

    def rows(self) -> tuple[int, int]:
        """Count the users and the audit events."""
        counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM audit_events)"
        with self._engine.connect() as connection:
            users, audit_events = connection.execute(text(counts)).one()
        return users, audit_events

    def forget_rows(self) -> None:
        self._execute("DELETE FROM audit_events", "DELETE FROM users")

    @contextmanager
    def refusing_audit_events(self) -> Iterator[None]:
        """Refuse every audit event, as a full disk or a broken rule would."""
        refuse, accept = REFUSING[self.dialect]
        self._execute(refuse)
        try:
            yield
        finally:
            self._execute(accept)

    @contextmanager
    def holding_up_writes(self) -> Iterator[None]:
        """Let every write wait until the `with` block ends."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(LOCK[self.dialect])
            try:
                yield
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def _execute(self, *statements: str) -> None:
        with self._engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
