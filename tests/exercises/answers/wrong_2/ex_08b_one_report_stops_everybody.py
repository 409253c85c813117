"""
People think: An await before the call gives the others their turn.
Rejected by: test_it_reads_outside_the_thread_of_the_event_loop
Message: the next turn is not theirs
"""

import asyncio
from collections.abc import Callable

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    await asyncio.sleep(0)
    text = read(name)
    return text.upper()
