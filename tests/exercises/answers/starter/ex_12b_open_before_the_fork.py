"""12b · Open before the fork · repair · 8 minutes

Read notebook 12, "Watch an open container misbehave". It needs fork: Linux or macOS.
The worker is made in the parent, and its children are told each other's answers.
Give each child one client of its own. Then run: make exercise STEP=12
"""

from collections.abc import Callable
from typing import Protocol


class Client(Protocol):
    def ask(self, name: str) -> str: ...

    def close(self) -> None: ...


class Worker:
    def __init__(self, open_client: Callable[[], Client]) -> None:
        self.client = open_client()  # TODO: in which process?

    def after_fork(self) -> None: ...  # called in each child, before its first task

    def task(self, name: str) -> str:  # called in a child
        return self.client.ask(name)

    def before_exit(self) -> None:  # called in each child, after its last task
        self.client.close()
