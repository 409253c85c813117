"""The URLs of files and folders whose names are text: a `#` in a path begins no fragment."""

from pathlib import PurePath
from urllib.parse import quote


def sqlite_url(file: PurePath) -> str:
    """Return the DATABASE_URL of a file."""
    return f"sqlite:///{_quoted(file)}"


def folder_url(folder: PurePath) -> str:
    """Return the CELERY_BROKER_URL of a folder."""
    return f"filesystem:///{_quoted(folder).removeprefix('/')}"


def _quoted(path: PurePath) -> str:
    return quote(path.as_posix(), safe="/:")  # the colon of C:/folder stays
