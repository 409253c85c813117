"""
People think: A function becomes harmless when an async function calls it.
Rejected by: test_it_reads_outside_the_thread_of_the_event_loop
Message: An async function around it
"""

from collections.abc import Callable

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    async def read_async() -> str:
        return read(name)

    text = await read_async()
    return text.upper()
