"""A difference in red and green, with the changed words of a line marked, for every viewer.

The signs stay, so nothing is told by colour alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from itertools import groupby, pairwise

Pieces = list[tuple[str, bool]]
"""A line in pieces, and whether each is a word that has changed."""

ALIKE = 0.5
"""How much two lines must have in common to be shown as one that has changed, from 0 to 1."""

HTML_STYLES = {
    "+": "display: block; background-color: rgba(46, 160, 67, 0.2)",
    "-": "display: block; background-color: rgba(248, 81, 73, 0.2)",
    "@": "opacity: 0.7",
    "file": "font-weight: bold",
}
HTML_MARKS = {"+": "rgba(46, 160, 67, 0.45)", "-": "rgba(248, 81, 73, 0.45)"}
"""The grounds of a line and of a changed word in it; they let light and dark themes through."""

HTML_TAGS = {"+": "ins", "-": "del"}
"""Viewers that drop styles underline the one and strike the other through."""

HTML_CLASSES = {"+": "gi", "-": "gd", "@": "gu", "file": "gh"}
"""Those of a highlighted fence: they colour it in viewers that keep classes and drop styles."""

PARTED = "\N{MIDDLE DOT}" * 3
"""What stands between two hunks, in place of the signs that only programs read."""

ANSI_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[2m", "file": "\x1b[1m"}
REVERSED, NOT_REVERSED, RESET = "\x1b[7m", "\x1b[27m", "\x1b[0m"


@dataclass(frozen=True)
class ColouredDiff:
    """A unified diff that notebooks and web pages show in colour, and the rest as it is."""

    lines: tuple[str, ...]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        text = "\n".join(self.lines)
        return {
            "text/html": as_html(self.lines),
            "text/markdown": f"```diff\n{text}\n```",
            "text/plain": text,
        }


def as_html(lines: Sequence[str]) -> str:
    """Return lines of a unified diff as HTML that JupyterLab keeps in untrusted notebooks, too."""
    shown = "".join(_html_of(sign, pieces) for sign, pieces in _in_pieces(lines))
    style = "font-family: monospace; line-height: 1.4; overflow-x: auto; white-space: pre"
    return f'<div class="highlight"><pre style="{style}">{shown}</pre></div>'


def as_ansi(lines: Sequence[str]) -> str:
    """Return lines of a unified diff for a terminal that knows colours."""
    return "\n".join(_ansi_of(sign, pieces) for sign, pieces in _in_pieces(lines))


def _html_of(sign: str, pieces: Pieces) -> str:
    text = "".join(
        _marked_in_html(sign, text) if changed else escape(text) for text, changed in pieces
    )
    line = f"{text}\n"  # its end is inside, so that what is copied has it
    if sign not in HTML_STYLES:
        return line
    style = f"color: inherit; {HTML_STYLES[sign]}"
    return f'<span class="{HTML_CLASSES[sign]}" style="{style}">{line}</span>'


def _marked_in_html(sign: str, text: str) -> str:
    style = f"text-decoration: none; background-color: {HTML_MARKS[sign]}"
    return f'<{HTML_TAGS[sign]} style="{style}">{escape(text)}</{HTML_TAGS[sign]}>'


def _ansi_of(sign: str, pieces: Pieces) -> str:
    text = "".join(
        f"{REVERSED}{text}{NOT_REVERSED}" if changed else text for text, changed in pieces
    )
    return f"{ANSI_COLOURS[sign]}{text}{RESET}" if sign in ANSI_COLOURS else text


def _in_pieces(lines: Sequence[str]) -> Iterator[tuple[str, Pieces]]:
    """Give out the sign of each line, "file" for the name of one, and the line in pieces."""
    blocks = [(sign, list(block)) for sign, block in groupby(_readable(lines), key=_sign_of)]
    position = 0
    while position < len(blocks):
        sign, block = blocks[position]
        after = blocks[position + 1] if position + 1 < len(blocks) else ("", [])
        position += 1
        if (sign, after[0]) != ("-", "+"):
            yield from ((sign, [(line, False)]) for line in block)
            continue
        position += 1
        old, new = _mark_words(block, after[1])
        yield from (("-", pieces) for pieces in old)
        yield from (("+", pieces) for pieces in new)


def _readable(lines: Sequence[str]) -> Iterator[str]:
    """Put words in place of the signs between hunks. Below a file's name nothing is needed."""
    for before, line in pairwise(("", *lines)):
        name = line.strip("@ ")
        if _sign_of(line) != "@":
            yield line
        elif name or _sign_of(before) != "file":
            yield f"{PARTED} {name}".rstrip()


def _mark_words(removed: list[str], added: list[str]) -> tuple[list[Pieces], list[Pieces]]:
    """Mark the words that changed in each line that has one like it on the other side."""
    old: list[Pieces] = [[(line, False)] for line in removed]
    new: list[Pieces] = [[(line, False)] for line in added]
    start = 0
    for number, line in enumerate(removed):
        for other in range(start, len(added)):
            if marked := _marked(line, added[other]):
                old[number], new[other] = marked
                start = other + 1
                break
    return old, new


def _sign_of(line: str) -> str:
    if line.startswith(("--- ", "+++ ")):
        return "file"
    if line.startswith(PARTED):
        return "@"
    return line[:1] if line[:1] in ("+", "-", "@") else " "


def _marked(old: str, new: str) -> tuple[Pieces, Pieces] | None:
    """Mark what differs between two lines, but for their signs; None if they are not alike."""
    words = [re.findall(r"\w+", line) for line in (old, new)]
    if SequenceMatcher(None, words[0], words[1]).ratio() < ALIKE:
        return None
    old_words, new_words = (re.findall(r"\w+|\s+|.", line[1:]) for line in (old, new))
    matcher = SequenceMatcher(str.isspace, old_words, new_words, autojunk=False)
    before: Pieces = [(old[0], False)]
    after: Pieces = [(new[0], False)]
    for kind, i, j, k, m in matcher.get_opcodes():
        before += _without_space("".join(old_words[i:j]), kind != "equal")
        after += _without_space("".join(new_words[k:m]), kind != "equal")
    return [p for p in before if p[0]], [p for p in after if p[0]]


def _without_space(text: str, changed: bool) -> Pieces:
    """Mark words, and not the space around them."""
    word = text.strip()
    if not changed or not word:
        return [(text, False)]
    start, _, end = text.partition(word)
    return [(start, False), (word, True), (end, False)]
