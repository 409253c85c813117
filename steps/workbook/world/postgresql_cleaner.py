"""A process of its own: when its standard input ends, it stops a server and removes its folder.

The input ends together with the process that holds its other end, even if that is killed.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE_S = 10

if sys.platform == "win32":
    AT_ONCE = signal.SIGTERM
else:
    AT_ONCE = signal.SIGQUIT


def clean(folder: Path) -> None:
    """Kill the server whose data is in `folder`, if it runs, and remove the folder."""
    deadline = time.monotonic() + PATIENCE_S
    process_id = folder / "data" / "postmaster.pid"  # which the server removes as its last act
    try:
        os.kill(int(process_id.read_text(encoding="utf-8").split()[0]), AT_ONCE)
        while process_id.exists() and sys.platform != "win32" and time.monotonic() < deadline:
            time.sleep(0.01)
    except (OSError, ValueError, IndexError):
        pass  # it does not run
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.01)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clean(Path(sys.argv[1]))
