"""A difference on whatever reads the standard output: a person, or another program."""

import os
import pydoc
import sys

from steps.workbook.reading.coloured import as_ansi
from steps.workbook.reading.sources import Difference


def print_diff(changes: Difference, command_for_all: str) -> None:
    """Print a difference: in colour, page by page, on a terminal, and else as plain text.

    NO_COLOR turns the colours off. Source of that rule: no-color.org.
    """
    some = f"Left out, as they only change imports: {changes.left_out}"
    note = f"\n{some}. To see all: {command_for_all}" if changes.left_out else ""
    on_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if on_terminal and not os.environ.get("NO_COLOR"):
        os.environ.setdefault("LESS", "FRX")  # as git does: keep colours, end where all is seen
        page = as_ansi(changes.lines) + note
    else:
        page = str(changes) + note
    if on_terminal and sys.platform != "win32":  # whose pager shows no colours
        pydoc.pager(page)
    else:
        print(page)
