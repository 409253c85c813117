"""The calls of the accounts service, for buttons and for charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A request to a step. `{email}`, `{id}` and the like in it stand for what is to be sent.

    `fresh`: it is about somebody or something new.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, str] | None = None
    fresh: bool = False

    def fill(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Return what an HTTP client's `request` takes. Raises KeyError for a missing value."""
        body = self.body and {name: text.format_map(values) for name, text in self.body.items()}
        return {"method": self.method, "url": self.path.format_map(values), "json": body}


CREDENTIALS = {"email": "{email}", "password": "correct horse"}  # nobody's

SIGN_UP = Call("Sign up", "POST", "/users", CREDENTIALS, fresh=True)
SIGN_UP_AGAIN = Call("Sign up once more", "POST", "/users", CREDENTIALS)
LOG_IN = Call("Log in", "POST", "/login", CREDENTIALS)
LOOK_UP = Call("Look up the user", "GET", "/users/{id}")
LIST_EVENTS = Call("List the audit events", "GET", "/users/{id}/events")
LIST_BUCKETS = Call("List the buckets", "GET", "/buckets")
CREATE_BUCKET = Call("Create a bucket", "POST", "/buckets", {"name": "{bucket}"}, fresh=True)
HEALTH = Call("Check the health", "GET", "/health")

CALLS = (
    SIGN_UP,
    SIGN_UP_AGAIN,
    LOG_IN,
    LOOK_UP,
    LIST_EVENTS,
    LIST_BUCKETS,
    CREATE_BUCKET,
    HEALTH,
)

ASK_FOR_EXPORT = Call("Ask for an export", "POST", "/exports")
LOOK_AT_EXPORT = Call("Look at the export", "GET", "/exports/{export}")

EXPORT_CALLS = (ASK_FOR_EXPORT, LOOK_AT_EXPORT)
"""What step 12 answers besides."""
