"""The embedded outside world: a SQLite file, moto's S3 on loopback, a folder as a broker."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

import botocore.session
from a2wsgi import WSGIMiddleware
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import create_backend_app

from steps.domain.urls import folder_url, sqlite_url
from steps.workbook.world.proxies import NO_PROXIES
from steps.workbook.world.serving import serve

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "embedded",
    "AWS_SECRET_ACCESS_KEY": "embedded",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    **NO_PROXIES,
}
"""What boto3 needs to find, so that it never looks for the reader's own AWS account or proxy."""

_read_once = cache(botocore.session.create_loader)


@contextmanager
def serve_s3() -> Iterator[str]:
    """Serve an empty S3 in memory and give out its URL. uvicorn keeps connections open, as S3 does.

    moto keeps one memory per process, so two of these show the same buckets.
    """
    with serve(WSGIMiddleware(create_backend_app("s3"))) as url:
        yield url


@contextmanager
def one_model_of_s3() -> Iterator[None]:
    """Let all clients share what botocore reads of S3's model, as those of one session do.

    Reading it takes 0.1 s and more for each client.
    """
    with patch.object(botocore.session, "create_loader", _read_once):
        yield


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
    """Point the settings at a new SQLite file, an embedded S3 and a folder as broker.

    Gives out what was set. With `respect_existing`, a DATABASE_URL, S3_ENDPOINT_URL, API_KEY or
    CELERY_BROKER_URL that is set already stays, and with it what belongs to it. Otherwise the S3
    clients of this process share their model of S3.
    """
    with ExitStack() as stack:
        changes: dict[str, str] = {}
        kept = os.environ if respect_existing else {}
        folder = stack.enter_context(_new_folder())
        if not kept.get("DATABASE_URL"):
            changes["DATABASE_URL"] = sqlite_url(folder / "accounts.db")
        if not kept.get("CELERY_BROKER_URL"):
            changes["CELERY_BROKER_URL"] = folder_url(folder / "broker")
        if not kept.get("S3_ENDPOINT_URL"):
            changes["S3_ENDPOINT_URL"] = stack.enter_context(serve_s3())
            changes |= AWS_VARIABLES
            stack.enter_context(variables({"AWS_PROFILE": None}))
        if not kept.get("API_KEY"):
            changes["API_KEY"] = secrets.token_urlsafe(24)
        if not respect_existing:
            changes["DB_ECHO"] = "false"
            stack.enter_context(one_model_of_s3())
        stack.enter_context(variables(changes))
        yield changes


@contextmanager
def new_database() -> Iterator[str]:
    """Set DATABASE_URL to a new SQLite file and give it out; set what boto3 and Celery need.

    Quicker than `embedded_environment` where nobody talks to S3. S3 clients share their model.
    """
    with _new_folder() as folder:
        url, broker_url = sqlite_url(folder / "accounts.db"), folder_url(folder / "broker")
        unset = dict.fromkeys(["AWS_PROFILE", "DB_ECHO", "S3_ENDPOINT_URL", "API_KEY"])
        needed = {**AWS_VARIABLES, "DATABASE_URL": url, "CELERY_BROKER_URL": broker_url}
        with variables({**unset, **needed}), one_model_of_s3():
            yield url


@contextmanager
def _new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="accounts-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
