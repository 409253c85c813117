"""Heavy objects say when they open and close, so that a recorder outside the steps can listen."""

from collections.abc import Callable
from typing import Literal

Change = Literal["opened", "closed"]
Listener = Callable[[Change, str, object], None]
"""Called with what happened, the kind of object ("engine", "S3 client") and the object itself."""

listeners: list[Listener] = []


def announce(change: Change, kind: str, subject: object) -> None:
    """Tell every listener, in the thread in which it happens. Without listeners: nothing."""
    for listener in tuple(listeners):
        listener(change, kind, subject)
