"""
People think: The value helps whoever has to mend it.
Rejected by: test_no_error_repeats_a_value
Message: goes to a log
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
            problems.append("PORT: this is not a number")
        url = environment.get("DATABASE_URL", "")
        if not url.startswith("postgresql://"):
            problems.append(f"DATABASE_URL: {url} is not PostgreSQL's")
        if problems:
            raise ConfigurationError("\n".join(problems))
        return cls(int(port), url)
