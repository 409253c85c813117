"""Python in a process of its own."""

import os
import subprocess
import sys


def import_without_fastapi(*modules: str) -> str:
    """A None in `sys.modules` makes every `import fastapi` fail, as if it were not installed."""
    script = f"import sys; sys.modules['fastapi'] = None; import {', '.join(modules)}"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHON_COLORS": "0"},
        capture_output=True,
        encoding="utf-8",
    )
    return run.stderr.strip().rpartition("\n")[2] or "imported"


def start_without_fastapi(package: str) -> list[str]:
    """Return what takes the place of `python -m package`, where no FastAPI can be imported."""
    script = (
        "import runpy, sys; sys.modules['fastapi'] = sys.modules['starlette'] = None;"
        "del sys.argv[0]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-c", script, package]


def run_without_fastapi(
    package: str, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a package as `python -m` does, where FastAPI and Starlette cannot be imported."""
    return subprocess.run(  # noqa: S603
        [*start_without_fastapi(package), *arguments],
        input=stdin,
        env={**os.environ, "PYTHON_COLORS": "0"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
