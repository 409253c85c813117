"""The embedded outside world: a SQLite file in a temporary folder and moto's S3 on loopback."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from a2wsgi import WSGIMiddleware
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import create_backend_app

from steps.workbook.serving import serve

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "embedded",
    "AWS_SECRET_ACCESS_KEY": "embedded",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
"""What boto3 needs to find, so that it never looks for the reader's own AWS account or proxy."""


@contextmanager
def serve_s3() -> Iterator[str]:
    """Serve an empty S3 in memory and give out its URL. uvicorn keeps connections open, as S3 does.

    moto keeps one memory per process, so two of these show the same buckets.
    """
    with serve(WSGIMiddleware(create_backend_app("s3"))) as url:
        yield url


def forget_buckets() -> None:
    """Empty the embedded S3."""
    for regions in get_backend("s3").values():
        for backend in regions.values():
            backend.reset()


@contextmanager
def variables(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables, or remove those given as None, and put back what was there."""
    before = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(before)


@contextmanager
def embedded_environment(*, respect_existing: bool = False) -> Iterator[dict[str, str]]:
    """Point the settings at a new SQLite file and an embedded S3; give out what was set.

    With `respect_existing`, a DATABASE_URL, S3_ENDPOINT_URL or API_KEY that is set already stays,
    and with it what belongs to it.
    """
    with ExitStack() as stack:
        changes: dict[str, str] = {}
        kept = os.environ if respect_existing else {}
        if not kept.get("DATABASE_URL"):
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="accounts-", ignore_cleanup_errors=True)
            )
            changes["DATABASE_URL"] = f"sqlite:///{(Path(folder) / 'accounts.db').as_posix()}"
        if not kept.get("S3_ENDPOINT_URL"):
            changes["S3_ENDPOINT_URL"] = stack.enter_context(serve_s3())
            changes |= AWS_VARIABLES
            stack.enter_context(variables({"AWS_PROFILE": None}))
        if not kept.get("API_KEY"):
            changes["API_KEY"] = secrets.token_urlsafe(24)
        if not respect_existing:
            changes["DB_ECHO"] = "false"
        stack.enter_context(variables(changes))
        yield changes


@contextmanager
def new_database() -> Iterator[str]:
    """Set DATABASE_URL to a new SQLite file and give it out; set what boto3 needs for a client.

    Quicker than `embedded_environment` where nobody talks to S3.
    """
    with tempfile.TemporaryDirectory(prefix="accounts-", ignore_cleanup_errors=True) as folder:
        url = f"sqlite:///{(Path(folder) / 'accounts.db').as_posix()}"
        unset = dict.fromkeys(["AWS_PROFILE", "DB_ECHO", "S3_ENDPOINT_URL", "API_KEY"])
        with variables({**unset, **AWS_VARIABLES, "DATABASE_URL": url}):
            yield url


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
