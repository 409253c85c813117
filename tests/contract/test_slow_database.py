"""A write that lasts holds everybody up. Nobody gets a wrong answer for it."""

import asyncio
import sqlite3
from contextlib import closing
from threading import Timer

import httpx2
import pytest

from steps.infrastructure import database
from steps.workbook.catalogue import Step
from steps.workbook.environment import embedded_environment
from steps.workbook.serving import serve
from steps.workbook.singletons import own_singletons
from tests.contract.test_concurrent_sign_ups import sign_up_all

PEOPLE = 60
POOL_TIMEOUT_S = 0.1
LOCKED_S = 0.5


def test_every_201_is_a_row_and_everything_else_is_a_503(
    step: Step, quick_hashing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until step 04 requests wait for a connection in line; then threads do, and not for ever."""
    monkeypatch.setattr(database, "POOL_TIMEOUT_S", POOL_TIMEOUT_S)
    with embedded_environment() as environment:
        path = environment["DATABASE_URL"].removeprefix("sqlite:///")
        with own_singletons(step), serve(step.create_app()) as url:
            httpx2.get(f"{url}/health").raise_for_status()  # now the tables are there
            writer = sqlite3.connect(path, check_same_thread=False)
            with closing(writer):
                writer.execute("BEGIN IMMEDIATE")
                release = Timer(LOCKED_S, writer.rollback)
                release.start()
                statuses = asyncio.run(sign_up_all(url, PEOPLE, emails=PEOPLE))
                release.join()
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT count(*) FROM users").fetchone()[0]

    assert set(statuses) <= {201, 503}
    assert statuses[201] == rows
    assert rows >= database.POOL_SIZE
