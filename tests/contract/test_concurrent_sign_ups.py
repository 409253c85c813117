"""Two hundred people sign up at once, and half of them are somebody else's namesake."""

import asyncio
from collections import Counter

import httpx2
import pytest

from steps.infrastructure import database as infrastructure
from steps.workbook.catalogue import Step
from steps.workbook.serving import serve
from steps.workbook.singletons import own_singletons
from tests.contract.database import Database

PEOPLE, EMAILS = 200, 100
PATIENCE_S = 20
"""How long a busy machine may take to serve them, in seconds."""


async def sign_up_all(url: str, people: int = PEOPLE, emails: int = EMAILS) -> Counter[int]:
    limits = httpx2.Limits(max_connections=people)
    async with httpx2.AsyncClient(
        base_url=url, limits=limits, timeout=60, trust_env=False
    ) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    "/users",
                    json={"email": f"user{n % emails}@example.com", "password": "correct horse"},
                )
                for n in range(people)
            )
        )
    return Counter(answer.status_code for answer in answers)


def test_each_email_is_registered_once_and_nobody_meets_an_error(
    step: Step, database: Database, quick_hashing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool gives up in the end, so a stall would show as a 503."""
    monkeypatch.setattr(infrastructure, "POOL_TIMEOUT_S", PATIENCE_S)
    with own_singletons(step), serve(step.create_app()) as url:
        statuses = asyncio.run(sign_up_all(url))

    assert statuses == {201: EMAILS, 409: PEOPLE - EMAILS}
    assert database.rows() == (EMAILS, EMAILS)
