"""What the cells of notebooks are built with: each function does the one thing its name says."""

import atexit
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from textwrap import fill
from threading import Barrier, Event
from typing import Any, TypeVar

import httpx2
from sqlalchemy import Engine, NullPool, create_engine, func, select

from steps.infrastructure.tables import Table
from steps.workbook.catalogue import PROJECT
from steps.workbook.world.databases import connections_in_use as connections_in_use
from steps.workbook.world.databases import plain_engine
from steps.workbook.world.environment import new_database as new_database
from steps.workbook.world.serving import client_of, serve
from steps.workbook.world.serving import server_log as server_log

T = TypeVar("T")


@contextmanager
def socket_client(app: Any) -> Iterator[httpx2.Client]:
    """Serve an app with uvicorn and give out a client of it, which talks through a real socket.

    It is used as `TestClient` is, and sees what every client sees. Leaving it stops the server,
    once its requests have ended. What the server logs is not shown; `server_log` collects it.
    """
    with serve(app) as url, client_of(url) as client:
        yield client


def scratch_database(**options: Any) -> Engine:
    """Return an engine on a new SQLite file, with the accounts' tables and no rows.

    `options` are those of `create_engine`, such as `pool_size=1`. The file is removed at the end
    of the process.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(plain_engine(**options))


def rows_in(engine: Engine, table: type[Table]) -> int:
    """Count the rows that are committed, over a connection that the engine knows nothing of."""
    another = create_engine(engine.url, poolclass=NullPool)
    with another.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


class Gate:
    """Holds back whoever waits at it until somebody opens it, or until a second has passed.

    The second is there for whom nobody can let in: a commit that holds back the answer, where the
    client opens the gate after the answer.
    """

    def __init__(self, gives_up_after_s: float = 1) -> None:
        self._opened, self._seconds = Event(), gives_up_after_s

    def wait(self) -> None:
        self._opened.wait(self._seconds)

    def open(self) -> None:
        self._opened.set()


def at_once(call: Callable[[], T], times: int) -> list[T]:
    """Call something from as many threads, all starting at one moment, and return the results.

    Raises what a call raises.
    """
    barrier = Barrier(times)

    def start_with_the_others(_: int) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(start_with_the_others, range(times)))


def wait_until(condition: Callable[[], object], at_most_s: float = 10) -> None:
    """Wait until a condition is true. Raises TimeoutError."""
    end = time.monotonic() + at_most_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"still not true after {at_most_s:g} seconds")
        time.sleep(0.005)


def run_tests(file: str, names: str = "") -> None:
    """Run a file of tests, such as `tests/steps/test_step_01_depends.py`; print which of them fail.

    `names` picks some, as pytest's `-k` does. The tests see every change in the files of a step.
    """
    options = ["-q", "--tb=no", "--no-header", "-p", "no:cacheprovider", "-rfE", "-k", names]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", file, *options],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S+?(?:::(\S+))?(?: - .*)?$", done.stdout, re.MULTILINE)
    if done.returncode == 0:
        print("All pass.")
    elif failed:
        print(*(f"fails: {name or file}" for name in failed), sep="\n")
    else:
        print(done.stdout.strip())


def check_types(program: str) -> None:
    """Let mypy read a program, which is not run; print each line that it refuses, and why."""
    options = ["--config-file=", f"--cache-dir={os.devnull}", "--hide-error-codes"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "mypy", *options, "-c", program],
        cwd=PROJECT,  # where it finds `steps`
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    errors = re.findall(r"^<string>:(\d+): error: (.+)$", done.stdout, re.MULTILINE)
    for number, reason in errors:
        print(f"mypy refuses: {program.splitlines()[int(number) - 1].strip()}")
        print(fill(reason, 88, initial_indent="    ", subsequent_indent="    "))
    if not errors:
        print("mypy has no objection." if done.returncode == 0 else done.stdout.strip())
