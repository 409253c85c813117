"""How often a request waits for a worker thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import anyio.to_thread
from fastapi.testclient import TestClient

from steps.workbook.calls import SIGN_UP
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database


@dataclass
class Counted:
    hops: int = 0


@contextmanager
def counted_hops() -> Iterator[Counted]:
    """Count how often this process hands work to a worker thread of anyio, as FastAPI does."""
    counted, run_sync = Counted(), anyio.to_thread.run_sync

    async def count_and_run(*arguments: Any, **options: Any) -> Any:
        counted.hops += 1
        return await run_sync(*arguments, **options)

    with patch("anyio.to_thread.run_sync", count_and_run):
        yield counted


def thread_hops_of_a_sign_up(*numbers: int) -> dict[str, int]:
    """Return how often each of these steps hands a part of a sign-up to a worker thread."""
    hops: dict[str, int] = {}
    for number in numbers:
        with new_database(), TestClient(find_step(number).create_app()) as client:
            with counted_hops() as counted:
                client.request(**SIGN_UP.fill({"email": "ada@example.com"})).raise_for_status()
            hops[f"step {number:02}"] = counted.hops
    return hops
