"""
People think: Every way into a thread is as good.
Rejected by: test_the_library_still_knows_for_whom_it_reads
Message: a copy of the context
"""

import asyncio
from collections.abc import Callable

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    loop = asyncio.get_running_loop()
    text = await loop.run_in_executor(None, read, name)
    return text.upper()
