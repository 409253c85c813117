"""An event loop for whoever has none, or is on another one."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from anyio.from_thread import start_blocking_portal

Result = TypeVar("Result")


def on_event_loop(function: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
    """Run a coroutine function on an event loop of its own. A notebook has one running already."""
    with start_blocking_portal() as portal:
        return portal.call(function, *arguments)
