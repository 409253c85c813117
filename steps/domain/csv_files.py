"""Users as a CSV file that a spreadsheet may open."""

import csv
from collections.abc import Iterable
from io import StringIO

from steps.domain.entities import User

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins with one of these. Source: OWASP, "CSV Injection"."""


def users_as_csv(users: Iterable[User]) -> bytes:
    """Return the ids and emails of users, one user to a line below the header, in UTF-8."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["id", "email"])
    writer.writerows([user.id, _harmless(user.email)] for user in users)
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
