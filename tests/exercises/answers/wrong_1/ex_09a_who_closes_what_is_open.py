"""
People think: The end of the block closes what was pushed.
Rejected by: test_opening_closes_nothing
Message: moved
"""

from contextlib import ExitStack

closed: list[str] = []


def close(name: str) -> None:
    closed.append(name)
    if name == "stuck":
        raise OSError("it does not close")


def open_parts(*names: str) -> ExitStack:
    with ExitStack() as stack:
        for name in names:
            if name == "broken":
                raise OSError("it does not open")
            stack.callback(close, name)
        return stack.pop_all()


# parts = open_parts("engine", "mailer"), and then parts.close() twice: what closes?
CLOSED_BY_OPENING, CLOSED_BY_CLOSING_TWICE = ["mailer", "engine"], ["mailer", "engine"]
# open_parts("engine", "mailer", "broken"), and open_parts("engine", "stuck").close()
CLOSED_AFTER_A_FAILED_START, CLOSED_AFTER_A_FAILED_CLOSE = (
    ["mailer", "engine"],
    ["stuck", "engine"],
)
