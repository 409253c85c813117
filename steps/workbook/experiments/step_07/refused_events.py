"""A sign-up on a running app, while its database refuses audit events."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import make_url

from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_07.accounts import ADA
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import client_of, serve, server_log


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


def sign_up_while_events_are_refused(number: int) -> dict[str, int]:
    with (
        new_database() as url,
        server_log(),
        serve(find_step(number).create_app()) as address,
        client_of(address) as client,
    ):
        with refusing_audit_events(url):
            sign_up = client.post("/users", json=ADA).status_code
        user = client.get("/users/1").status_code
        retry = client.post("/users", json=ADA).status_code
    return {"POST /users": sign_up, "GET /users/1": user, "POST /users again": retry}
