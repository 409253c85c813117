"""What all tests share."""

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# Each fixture imports what it needs: an exercise needs none of it, and must not wait.
if TYPE_CHECKING:
    from steps.workbook.recording.events import Recording

pytest_plugins = ["tests.exercises.in_pytest"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse another folder's environment: it would test the steps there.

    The .venv of a copied folder is one until `make` has set it up anew.
    """
    steps = find_spec("steps")
    assert steps
    assert steps.origin
    if not Path(steps.origin).parents[1].samefile(session.config.rootpath):
        pytest.exit("This .venv is of another folder. Set it up anew: make .venv/ready", 4)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let Python look for garbage only in what the tests make: modules stay anyway.

    To look at them again and again while they are imported takes half of the time of collecting.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the notebooks: they take longest, and another process can do the rest."""
    items.sort(key=lambda item: item.path.name != "test_notebooks.py")


@pytest.fixture(scope="session", autouse=True)
def _no_foreign_accounts() -> Iterator[None]:
    """Keep boto3 away from whatever AWS account and proxy this machine knows.

    And a make that a test runs from the one that may have started the tests: it would say so.
    """
    from steps.workbook.world.environment import AWS_VARIABLES, variables

    of_make = dict.fromkeys(("MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKELEVEL"))
    with variables({**AWS_VARIABLES, **of_make, "AWS_PROFILE": None}):
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_model_of_s3() -> Iterator[None]:
    """Open clients quickly: the tests open hundreds."""
    from steps.workbook.world.environment import one_model_of_s3

    with one_model_of_s3():
        yield


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with argon2's smallest parameters where the strength of the hash is not the subject."""
    from steps.infrastructure import passwords

    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "TIME_COST", 1)


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    from steps.workbook.world.environment import serve_s3

    with serve_s3() as url:
        yield url


@pytest.fixture
def environment(s3_url: str, tmp_path: Path) -> Iterator[None]:
    """Settings that point at a new SQLite file and at the embedded S3, emptied."""
    from steps.domain.urls import folder_url, sqlite_url
    from steps.workbook.world.environment import forget_buckets, variables

    urls = {
        "DATABASE_URL": sqlite_url(tmp_path / "accounts.db"),
        "S3_ENDPOINT_URL": s3_url,
        "CELERY_BROKER_URL": folder_url(tmp_path / "broker"),
    }
    forget_buckets()
    with variables({**urls, "API_KEY": "key"}):
        yield


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server: the one that TEST_POSTGRESQL_URL names, or else one of our own.

    Tests make databases of their own on it, and drop them.
    """
    from steps.workbook.world.postgresql import PostgresqlCannotRun, serve_postgresql

    if url := os.environ.get("TEST_POSTGRESQL_URL"):
        yield url
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(serve_postgresql())
        except PostgresqlCannotRun as error:
            server_of_yours = "postgresql+psycopg://user:password@host/database"
            pytest.skip(f"{error}. Run: TEST_POSTGRESQL_URL={server_of_yours} make test")
        yield server.url


@pytest.fixture
def recording() -> "Iterator[Recording]":
    from steps.workbook.recording.recorder import record

    with record() as recording:
        yield recording
