"""09a · Who closes what is open? · predict · 5 minutes

Read notebook 09, "The mechanism by hand".
Replace each ... by a list such as ["engine"]. Then run: make exercise STEP=9
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
CLOSED_BY_OPENING, CLOSED_BY_CLOSING_TWICE = ..., ...  # TODO
# open_parts("engine", "mailer", "broken"), and open_parts("engine", "stuck").close()
CLOSED_AFTER_A_FAILED_START, CLOSED_AFTER_A_FAILED_CLOSE = ..., ...  # TODO
