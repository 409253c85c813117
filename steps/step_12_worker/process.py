"""A process that is not async itself keeps an event loop, and on it what it has opened."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from .cli import LOOP_FACTORY
from .config import Config
from .containers import open_export_writer
from .export_service import ExportWriter

Result = TypeVar("Result")


@dataclass(frozen=True)
class Process:
    writer: ExportWriter
    _runner: asyncio.Runner

    def run(self, use_case: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(use_case)


@contextmanager
def open_process(config: Config) -> Iterator[Process]:
    with asyncio.Runner(loop_factory=LOOP_FACTORY) as runner:
        stack = AsyncExitStack()
        writer = runner.run(stack.enter_async_context(open_export_writer(config)))
        try:
            yield Process(writer, runner)
        finally:
            runner.run(stack.aclose())
