"""An event loop of one's own, and a count of what a loop hands to worker threads."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

import anyio.to_thread
from anyio.from_thread import start_blocking_portal

Result = TypeVar("Result")


def on_event_loop(function: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
    """Run a coroutine function on an event loop of its own. A notebook has one running already."""
    with start_blocking_portal() as portal:
        return portal.call(function, *arguments)


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
