"""
People think: A right configuration needs no default.
Rejected by: test_a_right_environment_makes_a_configuration
Message: PORT is not set
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
        port = environment.get("PORT", "")
        if not port.isdecimal():
            problems.append("PORT: this is not a number")
        url = environment.get("DATABASE_URL", "")
        if not url.startswith("postgresql://"):
            problems.append("DATABASE_URL: this is not PostgreSQL's")
        if problems:
            raise ConfigurationError("\n".join(problems))
        return cls(int(port), url)
