"""The call that blocks runs in a worker thread, and the event loop awaits the thread. `run_sync`
hands over the function and its arguments, not the result of a call. It brings back the return
value or the error, and gives the thread a copy of the context. `asyncio.to_thread` does the same,
with threads of its own.
"""

from collections.abc import Callable

from anyio import to_thread

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    text = await to_thread.run_sync(read, name)
    return text.upper()
