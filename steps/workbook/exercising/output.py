"""What a learner's code printed, or raised: as much as one reads, and safe for a terminal."""

import re

END_OF_TASK = b"\x1e"
"""After this, what was printed before is of no interest any more."""

MOST_LINES = 200
MOST_OF_A_LINE, MOST_OF_ONE_IN_MANY = 500, 150
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
        self._forget()

    def _forget(self) -> None:
        self._first = self._last = b""
        self._lines_between = 0

    def add(self, part: bytes) -> None:
        _, end, after = part.rpartition(END_OF_TASK)
        if end:
            self._forget()
        room = KEPT - len(self._first)
        self._first += after[:room]
        self._last += after[room:]
        if len(self._last) > 2 * KEPT:
            self._lines_between += self._last[:-KEPT].count(b"\n")
            self._last = self._last[-KEPT:]

    def text(self) -> str:
        first, last = (part.decode(errors="replace") for part in (self._first, self._last))
        if not self._lines_between:
            return in_part(first + last, MOST_LINES)
        half = MOST_LINES // 2
        head, tail = first.split("\n"), last.rstrip("\n").split("\n")
        left_out = len(head[half:]) + self._lines_between - 1 + len(tail[:-half])
        return _joined(head[:half], left_out, tail[-half:])


def in_part(text: str, most: int = 20) -> str:
    """Return the first and the last lines of a text, and say how many are between them."""
    lines = text.strip("\n").split("\n")
    half = most // 2
    if len(lines) <= most:
        return _joined(lines, 0, [])
    return _joined(lines[:half], len(lines) - 2 * half, lines[-half:])


def _joined(first: list[str], left_out: int, last: list[str]) -> str:
    notice = [f"[{left_out:,} lines left out]"] if left_out else []
    width = MOST_OF_A_LINE if len(first) + len(last) <= 20 else MOST_OF_ONE_IN_MANY
    return "\n".join(_cut(line, width) for line in [*first, *notice, *last])


def _cut(line: str, width: int) -> str:
    line = line.rstrip("\r").rpartition("\r")[2]  # a terminal writes over what was before it
    line = _ESCAPES.sub("", line)
    return line if len(line) <= width else f"{line[:width]} [the rest of this line left out]"
