"""What use cases load, what fits a port, and what a composition root by hand costs a request."""

import os
import subprocess
import sys

from steps.workbook.catalogue import PROJECT

LIBRARIES = ("fastapi", "sqlalchemy", "pwdlib")


def libraries_loaded_by(module: str) -> list[str]:
    """Import a module in a new process, and tell which of these libraries came along."""
    script = f"import sys, {module}; print(*set({LIBRARIES!r}) & set(sys.modules))"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True
    )
    return sorted(run.stdout.split())


def what_mypy_says(source: str) -> str:
    """Check the types of a program without running it."""
    run = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={os.devnull}"),
            *("--strict", "--no-color-output", "--no-error-summary", "--hide-error-codes"),
            *("-c", source.strip()),
        ],
        cwd=PROJECT,  # where it finds `steps`
        env={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
        capture_output=True,
        encoding="utf-8",
    )
    return (run.stdout + run.stderr).strip() or "no error"
