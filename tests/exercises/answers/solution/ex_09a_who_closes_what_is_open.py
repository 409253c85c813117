"""`pop_all` moves the list to a new stack, so the end of the block finds nothing to call: what is
open stays open, and whoever has the new stack closes it. `close` takes each entry off the list
before it calls it, so the second `close` finds an empty list. An error in the block comes before
`pop_all`, so there the list is still in the old stack. A close that raises does not stop the
stack: it calls the others, and raises at the end.
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
CLOSED_BY_OPENING, CLOSED_BY_CLOSING_TWICE = [], ["mailer", "engine"]
# open_parts("engine", "mailer", "broken"), and open_parts("engine", "stuck").close()
CLOSED_AFTER_A_FAILED_START, CLOSED_AFTER_A_FAILED_CLOSE = (
    ["mailer", "engine"],
    ["stuck", "engine"],
)
