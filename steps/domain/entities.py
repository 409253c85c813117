"""The things the service keeps, as plain values that no database session owns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ExportState = Literal["waiting", "done"]


@dataclass(frozen=True)
class User:
    """A person who has signed up. `email` is in lower case; `id` is given by the database."""

    id: int
    email: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True)
class AuditEvent:
    """Something that happened to a user. `at` is in UTC and knows it."""

    id: int
    user_id: int
    action: str
    at: datetime


@dataclass(frozen=True)
class Export:
    """A file with all users that somebody asked for. Once it is done, the storage has it."""

    id: int
    state: ExportState

    @staticmethod
    def name_of(export_id: int) -> str:
        """Return the file's name. It follows from the id, so writing it twice leaves one file."""
        return f"exports/{export_id}.csv"
