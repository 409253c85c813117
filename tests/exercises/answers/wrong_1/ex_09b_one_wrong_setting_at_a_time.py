"""
People think: One error per variable, raised together, is a list as the error's only argument.
Rejected by: test_each_wrong_variable_has_a_line_of_its_own
Message: reads a log line by line
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
            problems.append("DATABASE_URL: this is not PostgreSQL's")
        if problems:
            raise ConfigurationError(problems)
        return cls(int(port), url)
