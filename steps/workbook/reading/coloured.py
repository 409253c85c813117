"""A difference in red and green, with the changed words of a line marked, for every viewer.

The signs stay, so nothing is told by colour alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from itertools import groupby

Pieces = list[tuple[str, bool]]
"""A line in pieces, and whether each is a word that has changed."""

ALIKE = 0.5
"""How much two lines must have in common to be shown as one that has changed, from 0 to 1."""

HTML_COLOURS = {"+": ("rgba(46, 160, 67, 0.2)", "rgba(46, 160, 67, 0.45)"),
                "-": ("rgba(248, 81, 73, 0.2)", "rgba(248, 81, 73, 0.45)")}  # fmt: skip
"""The grounds of a line and of a changed word in it; they let light and dark themes through."""

HTML_TAGS = {"+": "ins", "-": "del"}
"""Viewers that drop styles underline the one and strike the other through."""

ANSI_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m", "file": "\x1b[1m"}
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
    return f'<pre style="line-height: 1.4; overflow-x: auto; white-space: pre">{shown}</pre>'


def as_ansi(lines: Sequence[str]) -> str:
    """Return lines of a unified diff for a terminal that knows colours."""
    return "\n".join(_ansi_of(sign, pieces) for sign, pieces in _in_pieces(lines))


def _html_of(sign: str, pieces: Pieces) -> str:
    if sign not in HTML_COLOURS:
        text = escape("".join(text for text, _ in pieces))
        return f"<b>{text}</b>\n" if sign == "file" else f"{text}\n"
    ground, strong = HTML_COLOURS[sign]
    tag = HTML_TAGS[sign]
    marked = f'<{tag} style="text-decoration: none; background-color: {strong}">'
    text = "".join(
        f"{marked}{escape(text)}</{tag}>" if changed else escape(text) for text, changed in pieces
    )
    # The line's end is inside, so that what is copied has it.
    return f'<span style="display: block; background-color: {ground}">{text}\n</span>'


def _ansi_of(sign: str, pieces: Pieces) -> str:
    text = "".join(
        f"{REVERSED}{text}{NOT_REVERSED}" if changed else text for text, changed in pieces
    )
    return f"{ANSI_COLOURS[sign]}{text}{RESET}" if sign in ANSI_COLOURS else text


def _in_pieces(lines: Sequence[str]) -> Iterator[tuple[str, Pieces]]:
    """Give out the sign of each line, "file" for the name of one, and the line in pieces."""
    blocks = [(sign, list(block)) for sign, block in groupby(lines, key=_sign_of)]
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
    return line[:1] if line[:1] in ("+", "-", "@") else " "


def _marked(old: str, new: str) -> tuple[Pieces, Pieces] | None:
    """Mark what differs between two lines, but for their signs; None if they are not alike."""
    old_words, new_words = (re.findall(r"\w+|\s+|.", line[1:]) for line in (old, new))
    if SequenceMatcher(None, _words_in(old_words), _words_in(new_words)).ratio() < ALIKE:
        return None
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    before: Pieces = [(old[0], False)]
    after: Pieces = [(new[0], False)]
    for kind, i, j, k, m in matcher.get_opcodes():
        before += _piece("".join(old_words[i:j]), kind != "equal")
        after += _piece("".join(new_words[k:m]), kind != "equal")
    return before, after


def _piece(text: str, changed: bool) -> Pieces:
    """Return a piece of a line, without marking the space around what has changed."""
    if not changed:
        return [(text, False)]
    word = text.strip()
    left, _, right = text.partition(word) if word else (text, "", "")
    return [piece for piece in ((left, False), (word, True), (right, False)) if piece[0]]


def _words_in(pieces: list[str]) -> list[str]:
    return [piece for piece in pieces if piece.strip()]
