"""Recordings of what never ran, to see how they are shown."""

import re

from steps.workbook.recording.events import Recording

REQUEST = ("1: request 1 begins", "1: response 1 starts", "1: response 1 ends", "1: request 1 ends")
"""What a small request does."""

HOMES = {"response": "request", "client": "request", "transaction": "session"}
"""Within what something is that has no row of its own."""


def recorded(*happenings: str, limit: int = 100) -> Recording:
    """Make a recording of lines such as "1: session 2 opened"; without a number it is the app's."""
    recording = Recording(limit)
    for happening in happenings:
        request, _, what = happening.rpartition(": ")
        kind, number, action = re.findall(r"^(.+?) (\d+) (.+)$", what)[0]
        home = HOMES.get(kind)
        owner = int(request) if request else None
        recording.note(kind, int(number), action, owner, "", f"{home} {number}" if home else "")
    return recording
