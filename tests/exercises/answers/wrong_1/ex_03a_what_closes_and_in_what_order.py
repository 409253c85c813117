"""
People think: What opens first also closes first.
Rejected by: test_the_end_of_the_block_closes_all_three
Message: takes the pile down from the top
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
CLOSED_AT_THE_END = ["engine", "cache", "mailer"]

# open_core("engine", "cache", "broken", "mailer") raises OSError. What has it closed?
CLOSED_AFTER_A_FAILED_START = ["cache", "engine"]

# with open_core("engine", "cache"): an error leaves the block. What closes, in order?
CLOSED_AFTER_AN_ERROR = ["cache", "engine"]
