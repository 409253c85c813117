"""JupyterLab with the project's settings, whatever the reader's shell says."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from steps.workbook.catalogue import PROJECT
from steps.workbook.world.proxies import NO_PROXIES

CONFIGURATION = PROJECT / ".jupyter"


def open_lab(arguments: Sequence[str]) -> int:
    """Open the notebooks in JupyterLab; return its exit code."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={PROJECT}", *arguments]
    environment = environment_of_lab(os.environ)
    os.chdir(PROJECT)
    if sys.platform != "win32":
        os.execve(sys.executable, command, environment)  # noqa: S606  # Ctrl-C is Jupyter's alone
    with subprocess.Popen(command, env=environment) as lab:  # noqa: S603
        while lab.poll() is None:
            with suppress(KeyboardInterrupt):
                lab.wait()
        return lab.returncode


def environment_of_lab(outer: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for JupyterLab and its kernels.

    It has no proxy: behind a SOCKS proxy JupyterLab would not even start, and all that the
    notebooks talk to is on this machine. It looks for kernels nowhere but in this environment.
    Where there is no home folder to write to, Jupyter keeps its notes in one of ours.
    """
    kept = {name: value for name, value in outer.items() if not name.lower().endswith("_proxy")}
    commands = str(Path(sys.executable).parent)
    kept |= NO_PROXIES | {"JUPYTER_PATH": "", "JUPYTER_CONFIG_PATH": str(CONFIGURATION)}
    kept["PATH"] = os.pathsep.join([commands, *filter(None, [kept.get("PATH")])])
    home = kept.get("HOME", "")
    if sys.platform != "win32" and not (home and os.access(home, os.W_OK) and Path(home).is_dir()):
        ours = PROJECT / ".venv" / "home"
        ours.mkdir(parents=True, exist_ok=True)
        kept["HOME"] = str(ours)
    return kept
