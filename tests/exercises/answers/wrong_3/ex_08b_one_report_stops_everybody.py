"""
People think: In a thread it cannot hold anybody up.
Rejected by: test_two_reports_are_read_at_the_same_time
Message: waits for the thread without an await
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    with ThreadPoolExecutor(1) as thread:
        text = thread.submit(read, name).result()
    return text.upper()
