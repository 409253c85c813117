"""Files that are written all together, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotMake(Exception):
    """What was asked for cannot be made: one line that tells why. Nothing was written."""


class Changes:
    """What was written so far, and what was there before."""

    def __init__(self) -> None:
        self._before: dict[Path, bytes | None] = {}
        self._folders: list[Path] = []

    @property
    def files(self) -> list[Path]:
        """In the order in which they were first written."""
        return list(self._before)

    def create(self, path: Path, text: str) -> None:
        """Write a new file, in a new folder where need be. Raises CannotMake when it is there."""
        if path.exists():
            raise CannotMake(f"{path.name} is there already.")
        missing = [folder for folder in path.parents if not folder.exists()]
        self._folders += missing[-1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path, text, before=None)

    def change(self, path: Path, text: str) -> None:
        """Write a file that is there."""
        self._write(path, text, before=path.read_bytes())

    def undo(self) -> None:
        """Put back what was there before."""
        for path, before in self._before.items():
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def _write(self, path: Path, text: str, before: bytes | None) -> None:
        self._before.setdefault(path, before)
        path.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def all_or_nothing() -> Iterator[Changes]:
    """Give out where to write; whatever goes wrong in the block, nothing of it stays."""
    changes = Changes()
    try:
        yield changes
    except BaseException:
        changes.undo()
        raise
