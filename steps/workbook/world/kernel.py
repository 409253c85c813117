"""What every notebook imports first: raises ImportError in a kernel that is not this project's.

It is written for any Python, and imports nothing that is installed.
"""

import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

from steps.workbook.world.proxies import NO_PROXIES

SHOWN = ("fastapi", "sqlalchemy", "dependency-injector")
"""Other versions of these print something else, or fail."""

_constraints = Path(__file__).parents[3] / "constraints.txt"
_pinned = dict(re.findall(r"^(\S+)==(\S+)", _constraints.read_text(encoding="utf-8"), re.MULTILINE))

for _name in SHOWN:
    if (_found := version(_name)) != _pinned[_name]:  # a missing one is an ImportError, too
        raise ImportError(f"{_name} is {_found}, not {_pinned[_name]}")

os.environ.update(NO_PROXIES)

if "IPython" in sys.modules:
    from IPython import get_ipython

    from steps.workbook.world.changed_steps import forget_changed_steps

    if _shell := get_ipython():
        _shell.events.register("pre_run_cell", forget_changed_steps)
        forget_changed_steps()
