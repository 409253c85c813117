"""A write that lasts holds everybody up. Nobody gets a wrong answer for it."""

import asyncio
from contextlib import ExitStack
from threading import Timer

import httpx2
import pytest

from steps.infrastructure import database as infrastructure
from steps.workbook.catalogue import Step
from steps.workbook.world.serving import LOOPBACK, serve
from steps.workbook.world.singletons import own_singletons
from tests.contract.database import Database
from tests.contract.test_concurrent_sign_ups import sign_up_all

PEOPLE = 60
POOL_TIMEOUT_S = 0.1
LOCKED_S = 0.5


def test_every_201_is_a_row_and_everything_else_is_a_503(
    step: Step, database: Database, quick_hashing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until step 05 requests wait for a connection in line; then threads do, and not for ever."""
    monkeypatch.setattr(infrastructure, "POOL_TIMEOUT_S", POOL_TIMEOUT_S)
    with own_singletons(step), serve(step.create_app()) as url:
        httpx2.get(f"{url}/health", **LOOPBACK).raise_for_status()  # now the tables are there
        with ExitStack() as stack:
            stack.enter_context(database.holding_up_writes())
            release = Timer(LOCKED_S, stack.close)
            release.start()
            statuses = asyncio.run(sign_up_all(url, PEOPLE, emails=PEOPLE))
            release.join()

    assert set(statuses) <= {201, 503}
    assert statuses[201] == database.rows()[0]
    assert statuses[201] >= infrastructure.POOL_SIZE
