"""03a · What closes, and in what order? · predict · 4 minutes

Read notebook 03, "A lifespan by hand".
Replace each ... by a list such as ["engine"]. Then run: make exercise STEP=3
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
CLOSED_AT_THE_END = ...  # TODO

# open_core("engine", "cache", "broken", "mailer") raises OSError. What has it closed?
CLOSED_AFTER_A_FAILED_START = ...  # TODO

# with open_core("engine", "cache"): an error leaves the block. What closes, in order?
CLOSED_AFTER_AN_ERROR = ...  # TODO
