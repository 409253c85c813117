"""
People think: A wrong port can fall back to the default.
Rejected by: test_all_that_is_wrong_is_told_in_one_error
Message: Both
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


class ConfigurationError(Exception):
    """A setting that the service cannot work with."""


@dataclass(frozen=True)
class Config:
    port: int
    database_url: str = field(repr=False)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Config":
        problems = []
        port = environment.get("PORT", "8000")
        if not port.isdecimal():
            port = "8000"
        url = environment.get("DATABASE_URL", "")
        if not url.startswith("postgresql://"):
            problems.append("DATABASE_URL: this is not PostgreSQL's")
        if problems:
            raise ConfigurationError("\n".join(problems))
        return cls(int(port), url)
