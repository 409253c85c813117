"""Many people sign up at once, and half of them are somebody else's namesake."""

import asyncio
from collections import Counter

import httpx2
import pytest

from steps.infrastructure import database as infrastructure
from steps.workbook.catalogue import Step
from steps.workbook.world.serving import LOOPBACK, serve
from steps.workbook.world.singletons import own_singletons
from tests.contract.database import Database

PEOPLE = 100
"""More than twice the threads of an app, and many times its connections."""

PATIENCE_S = 20
"""How long a busy machine may take to serve them, in seconds."""


async def sign_up_all(url: str, people: int, emails: int) -> Counter[int]:
    async def sign_up(email: str) -> int:
        """With a connection of one's own: one pool for all is busy with itself."""
        async with httpx2.AsyncClient(timeout=60, **LOOPBACK) as client:
            body = {"email": email, "password": "correct horse"}
            return (await client.post(f"{url}/users", json=body)).status_code

    everybody = (sign_up(f"user{n % emails}@example.com") for n in range(people))
    return Counter(await asyncio.gather(*everybody))


def test_each_email_is_registered_once_and_nobody_meets_an_error(
    step: Step, database: Database, quick_hashing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool gives up in the end, so a stall would show as a 503."""
    monkeypatch.setattr(infrastructure, "POOL_TIMEOUT_S", PATIENCE_S)
    people, emails = PEOPLE, PEOPLE // 2
    with own_singletons(step), serve(step.create_app()) as url:
        statuses = asyncio.run(sign_up_all(url, people, emails))

    assert statuses == {201: emails, 409: people - emails}
    assert database.rows() == (emails, emails)
