"""What becomes of an engine when a process that has used it forks, on a real PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Callable

from steps.workbook.experiments import fork_safety_process as fork
from steps.workbook.postgresql import serve_postgresql

FORKS = hasattr(os, "fork")
"""Windows has no fork: there, a child starts empty and can share no connection."""


def what_grace_is_told() -> dict[str, str]:
    """Grace asks for "Grace" while the answer for Ada, who asked first, is on its way."""
    ways = (fork.inherit, fork.forget_connections, fork.open_another)
    return _results(fork.what_grace_is_told, *ways)


def what_the_parent_is_told_after_a_child_has_ended() -> dict[str, str]:
    """The parent asks for "parent" over the connection that it had before it forked."""
    return _results(fork.what_the_parent_is_told, fork.forget_connections, fork.close_connections)


def _results(play: Callable[..., str], *ways: fork.Prepare) -> dict[str, str]:
    """Play once for each way, in a process of its own: it forks, and this one has threads."""
    with serve_postgresql() as server:
        results = {}
        for prepare in ways:
            run = subprocess.run(  # noqa: S603
                [sys.executable, "-m", fork.__name__, play.__name__, prepare.__name__],
                env={**os.environ, "DATABASE_URL": server.url},
                capture_output=True,
                encoding="utf-8",
                timeout=fork.TIMEOUT,
                check=True,
            )
            results[prepare.__name__] = run.stdout.strip()
        return results
