"""An exit stack closes what was pushed on it, the last first: what opened later may need what
opened before. A failed start leaves the block like any other end, so what is already on the
stack closes; what broke, and what comes after it, was never pushed. An error in the block
goes through the same end.
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
CLOSED_AFTER_AN_ERROR = ["cache", "engine"]
