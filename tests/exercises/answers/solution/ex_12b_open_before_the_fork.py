"""What is opened before a fork is there in every child, and is still one connection. So the
parent keeps only how to open a client. Each child opens one after the fork, uses it for all
its tasks, and closes what it opened.
"""

from collections.abc import Callable
from typing import Protocol


class Client(Protocol):
    def ask(self, name: str) -> str: ...

    def close(self) -> None: ...


class Worker:
    def __init__(self, open_client: Callable[[], Client]) -> None:
        self.open_client = open_client

    def after_fork(self) -> None:
        self.client = self.open_client()

    def task(self, name: str) -> str:  # called in a child
        return self.client.ask(name)

    def before_exit(self) -> None:  # called in each child, after its last task
        self.client.close()
