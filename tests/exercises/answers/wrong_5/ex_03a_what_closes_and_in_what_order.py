"""
People think: What fails to open has to be closed as well.
Rejected by: test_a_failed_start_closes_what_was_open
Message: was never pushed
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
CLOSED_AFTER_A_FAILED_START = ["broken", "cache", "engine"]

# with open_core("engine", "cache"): an error leaves the block. What closes, in order?
CLOSED_AFTER_AN_ERROR = ["cache", "engine"]
