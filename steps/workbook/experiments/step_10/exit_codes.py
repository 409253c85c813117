"""With which exit code a service ends: uvicorn's program, and the one that serves itself."""

import os
import subprocess
import sys
from collections.abc import Mapping
from signal import Signals

from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import STOP_SIGNAL, serve_module, serve_process

PATIENCE_S = 60
"""How long a program may take to end, in seconds."""


def exit_code_of_uvicorn(stop: Signals = STOP_SIGNAL, workers: int = 1) -> int:
    """Serve step 09, and stop the process that was started."""
    with new_database(), serve_process(find_step(9).target, workers=workers) as server:
        server.process.send_signal(stop)
        return server.process.wait(PATIENCE_S)


def exit_code_of_its_own_program() -> int:
    with new_database(), serve_module([find_step(10).package], environment={"PORT": "0"}) as server:
        return server.stop()


def exit_code_of_a_start(environment: Mapping[str, str]) -> int:
    """Start step 10's program, which is to refuse."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", find_step(10).package],
        env={**os.environ, "PORT": "0", **environment},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    ).returncode


def exit_codes_of_step_10() -> dict[str, int]:
    with new_database() as database_url:
        nowhere = f"{database_url}.folder/accounts.db"
        return {
            "the signal to stop": exit_code_of_its_own_program(),
            "a wrong setting": exit_code_of_a_start({"DB_ECHO": "perhaps"}),
            "a start that fails": exit_code_of_a_start({"DATABASE_URL": nowhere}),
        }
