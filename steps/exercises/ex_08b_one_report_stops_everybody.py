"""08b · One report stops everybody · repair · 7 minutes

Read notebook 08, "One line that stops everybody".
While a report is read, the app answers nobody. Let the others go on meanwhile. The
caller still gets the text in capitals, or the error, and `read` finds the context
variables of the request.
Then run: make exercise STEP=8
"""

from collections.abc import Callable

Read = Callable[[str], str]


async def report(read: Read, name: str) -> str:
    """`read` comes from a library: it blocks, and you cannot change it."""
    text = read(name)  # TODO: in whose thread does this block?
    return text.upper()
