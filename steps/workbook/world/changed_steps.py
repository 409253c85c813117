"""A change in a file of a step shows at the next run of a cell, without a new kernel."""

import importlib
import linecache
import sys
from pathlib import Path

Stamp = frozenset[tuple[str, int, int]]

_seen: dict[str, Stamp] = {}


def forget_changed_steps(*_: object) -> None:
    """Forget the modules of each step that has a changed file: whoever imports them reads it anew.

    Takes what IPython hands to those that it calls before a cell, and ignores it.
    """
    import steps  # the package, whose attributes are its modules

    for folder in Path(steps.__path__[0]).glob("step_*"):
        stamp = _stamp_of(folder)
        if _seen.setdefault(folder.name, stamp) != stamp:
            _seen[folder.name] = stamp
            _forget(f"steps.{folder.name}")
            vars(steps).pop(folder.name, None)


def _stamp_of(folder: Path) -> Stamp:
    found = [(path.name, path.stat()) for path in folder.glob("*.py")]
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


def _forget(package: str) -> None:
    for name in list(sys.modules):
        if name == package or name.startswith(f"{package}."):
            del sys.modules[name]
    importlib.invalidate_caches()
    linecache.checkcache()
