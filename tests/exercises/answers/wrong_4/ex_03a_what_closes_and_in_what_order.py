"""
People think: An error skips the closing, because the code after the yield does not run.
Rejected by: test_an_error_in_the_block_closes_all
Message: an error too
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

closed: list[str] = []


@contextmanager
def open_core(*names: str) -> Iterator[None]:
    with ExitStack() as stack:
        for name in names:
            if name == "broken":
                raise OSError("no connection")
            stack.callback(closed.append, name)
        yield


# with open_core("engine", "cache", "mailer"): the block ends. What closes, in order?
CLOSED_AT_THE_END = ["mailer", "cache", "engine"]

# open_core("engine", "cache", "broken", "mailer") raises OSError. What has it closed?
CLOSED_AFTER_A_FAILED_START = ["cache", "engine"]

# with open_core("engine", "cache"): an error leaves the block. What closes, in order?
CLOSED_AFTER_AN_ERROR = []
