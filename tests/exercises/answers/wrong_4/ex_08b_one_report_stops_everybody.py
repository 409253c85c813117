"""
People think: A report without a text is an empty report.
Rejected by: test_an_error_of_the_library_reaches_the_caller
Message: answers 200
"""

from collections.abc import Callable

from anyio import to_thread

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    try:
        text = await to_thread.run_sync(read, name)
    except Exception:
        return ""
    return text.upper()
