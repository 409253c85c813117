"""What becomes of an engine when a process that has used it forks, on a real PostgreSQL."""

import json
import os
import subprocess
import sys
from functools import cache

from steps.workbook.experiments.step_12 import fork_safety_process as fork
from steps.workbook.world.postgresql import serve_postgresql

FORKS = hasattr(os, "fork")
"""Windows has no fork: there, a child starts empty and can share no connection."""


def what_grace_is_told() -> dict[str, str]:
    """Grace asks for "Grace" while the answer for Ada, who asked first, is on its way."""
    return _results()[fork.tell_grace.__name__]


def what_the_parent_is_told_after_a_child_has_ended() -> dict[str, str]:
    """The parent asks for "parent" over the connection that it had before it forked."""
    return _results()[fork.tell_parent.__name__]


@cache
def _results() -> dict[str, dict[str, str]]:
    """Play all once, in a process of its own: it forks, and this one has threads."""
    with serve_postgresql() as server:
        run = subprocess.run(  # noqa: S603
            [sys.executable, "-m", fork.__name__],
            env={**os.environ, "DATABASE_URL": server.url},
            capture_output=True,
            encoding="utf-8",
            timeout=5 * fork.PATIENCE_S,
            check=True,
        )
    results: dict[str, dict[str, str]] = json.loads(run.stdout)
    return results
