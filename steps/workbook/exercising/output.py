"""What a learner's code printed, or raised: as much as one reads, and safe for a terminal."""

import re

END_OF_TASK = b"\x1e"
"""After this, what was printed before is of no interest any more."""

MOST_LINES = 200
MOST_OF_A_LINE = 500
KEPT = 2**16
"""How many bytes are kept of the beginning of what was printed, and of its end."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor, clearing
    r"|\x1b\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)"  # titles, links
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class Output:
    """Takes in what a process prints, however much, and keeps its beginning and its end."""

    def __init__(self) -> None:
        self._first = self._last = b""
        self._lines_between = 0

    def add(self, part: bytes) -> None:
        _, end, after = part.rpartition(END_OF_TASK)
        if end:
            self.__init__()  # type: ignore[misc]
        room = KEPT - len(self._first)
        self._first += after[:room]
        self._last += after[room:]
        if len(self._last) > 2 * KEPT:
            self._lines_between += self._last[:-KEPT].count(b"\n")
            self._last = self._last[-KEPT:]

    def text(self) -> str:
        kept = (self._first + self._last).decode("utf-8", errors="replace")
        return in_part(kept, MOST_LINES, self._lines_between)


def in_part(text: str, most: int = 20, more: int = 0) -> str:
    """Return the first and the last lines of a text, `most` in all, and say how many others it has.

    `more` lines in the middle are left out already.
    """
    lines = text.strip("\n").split("\n")
    left_out = len(lines) + more - most
    if left_out > 0:
        half = most // 2
        lines = [*lines[:half], f"[{left_out:,} lines left out]", *lines[half:][-half:]]
    return "\n".join(map(_cut, lines))


def _cut(line: str) -> str:
    line = line.rstrip("\r").rpartition("\r")[2]  # a terminal writes over what was before it
    line = _ESCAPES.sub("", line)
    if len(line) <= MOST_OF_A_LINE:
        return line
    return f"{line[:MOST_OF_A_LINE]} [the rest of this line left out]"
