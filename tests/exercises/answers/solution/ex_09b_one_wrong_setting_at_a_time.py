"""Each check adds a line instead of raising, and one error is raised when all have spoken. So a
deployment that has two settings wrong needs one more start, not two. The lines name variables
and never repeat values: an error goes to a log, and a URL holds a password. For the same reason
the field is left out of the representation.
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
            raise ConfigurationError("\n".join(problems))
        return cls(int(port), url)
