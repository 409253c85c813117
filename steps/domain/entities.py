"""The things the service keeps, as plain values that no database session owns."""

from dataclasses import dataclass, field
from datetime import datetime


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
