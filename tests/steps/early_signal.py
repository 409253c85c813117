"""A signal to stop that arrives before the server listens."""

import os
import subprocess
import sys

from steps.workbook.world.stopping import closings_in

PATIENCE_S = 30
SCRIPT = """
import signal, sys, uvicorn
from {package}.__main__ import main

def run(server, run=uvicorn.Server.run):
    signal.raise_signal(signal.SIGTERM)
    run(server)
    signal.raise_signal(signal.SIGTERM)

uvicorn.Server.run = run
sys.exit(main())
"""


def exit_code_and_closings(package: str) -> tuple[int, list[str]]:
    """Serve a step that is told to stop before it runs, and once more after it."""
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SCRIPT.format(package=package)],
        env={**os.environ, "PORT": "0"},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    return finished.returncode, closings_in(finished.stderr.splitlines())
