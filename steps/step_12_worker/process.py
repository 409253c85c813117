"""A process that is not async itself keeps an event loop, and on it the container."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from .app import App
from .config import Config
from .infra import InfraContainer

Result = TypeVar("Result")

# What PostgreSQL's driver needs on Windows.
LOOP_FACTORY = asyncio.SelectorEventLoop if sys.platform == "win32" else None


@dataclass(frozen=True)
class Process:
    app: App
    _runner: asyncio.Runner

    def run(self, use_case: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(use_case)


@contextmanager
def open_process(config: Config) -> Iterator[Process]:
    with asyncio.Runner(loop_factory=LOOP_FACTORY) as runner:
        infra = runner.run(InfraContainer.open(config))
        try:
            yield Process(App(infra), runner)
        finally:
            runner.run(infra.close())
