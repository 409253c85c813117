"""
People think: A configuration that is right needs no protection.
Rejected by: test_no_representation_shows_the_password
Message: printed whole
"""

from collections.abc import Mapping
from dataclasses import dataclass


class ConfigurationError(Exception):
    """A setting that the service cannot work with."""


@dataclass(frozen=True)
class Config:
    port: int
    database_url: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Config":
        problems = []
        port = environment.get("PORT", "8000")
        if not port.isdecimal():
            problems.append("PORT: this is not a number")
        url = environment.get("DATABASE_URL", "")
        if not url.startswith("postgresql://"):
            problems.append("DATABASE_URL: this is not PostgreSQL's")
        if problems:
            raise ConfigurationError("\n".join(problems))
        return cls(int(port), url)
