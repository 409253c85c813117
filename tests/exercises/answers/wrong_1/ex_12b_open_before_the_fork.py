"""
People think: A new client for each task is always right.
Rejected by: test_a_child_opens_one_client_for_all_its_tasks
Message: each task
"""

from collections.abc import Callable
from typing import Protocol


class Client(Protocol):
    def ask(self, name: str) -> str: ...

    def close(self) -> None: ...


class Worker:
    def __init__(self, open_client: Callable[[], Client]) -> None:
        self.open_client = open_client

    def after_fork(self) -> None: ...  # called in each child, before its first task

    def task(self, name: str) -> str:  # called in a child
        self.client = self.open_client()
        return self.client.ask(name)

    def before_exit(self) -> None:  # called in each child, after its last task
        self.client.close()
