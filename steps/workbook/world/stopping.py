"""What a server does that has been told to stop."""

import re
import time
from socket import create_connection

import httpx2

PATIENCE_S = 30
"""How long to wait for a server to close its port, in seconds."""


def closings_in(lines: list[str]) -> list[str]:
    """Return what a server's log says that it closes, in this order."""
    return re.findall(r"Closing the (.+)", "\n".join(lines))


def wait_until_refused(url: str) -> None:
    """A server that has been told to stop closes its port first. Raises TimeoutError."""
    address = httpx2.URL(url)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            create_connection((address.host, address.port), timeout=PATIENCE_S).close()
        except OSError:
            return
        time.sleep(0.002)
    raise TimeoutError(f"{url} still lets callers in")
