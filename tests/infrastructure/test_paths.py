"""A file lies where its URL was made for, whatever its folder is called."""

import tempfile
from pathlib import Path, PureWindowsPath

import anyio
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from steps.domain.settings import Settings, load_settings
from steps.domain.urls import folder_url, sqlite_url
from steps.infrastructure.database import open_async_engine, open_engine
from steps.infrastructure.exports import WRITE_EXPORT
from steps.infrastructure.task_queue import check_broker_url, open_task_queue, send_task
from steps.workbook.world.environment import embedded_environment, variables
from tests.odd_names import NAMES


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / str(request.param)
    folder.mkdir()
    return folder


def settings_of(file: Path) -> Settings:
    return Settings(database_url=SecretStr(sqlite_url(file)))


async def connect_async(settings: Settings) -> None:
    engine = open_async_engine(settings)
    async with engine.connect():
        pass
    await engine.dispose()


def only_in(folder: Path) -> set[str]:
    """Name the files in a folder, and make sure that there is no other one beside it."""
    assert list(folder.parent.iterdir()) == [folder]
    return {path.name for path in folder.iterdir()}


def test_both_engines_find_the_file_of_a_database(folder: Path) -> None:
    engine = open_engine(settings_of(folder / "accounts.db"))
    with engine.connect():
        assert "accounts.db" in only_in(folder)
    engine.dispose()
    (folder / "accounts.db").rename(folder / "renamed.db")

    anyio.run(connect_async, settings_of(folder / "accounts.db"))
    assert {"accounts.db", "renamed.db"} <= only_in(folder)


def test_a_message_lies_in_the_folder_of_the_broker_and_is_found_there(folder: Path) -> None:
    queue = open_task_queue(folder_url(folder))
    send_task(queue, WRITE_EXPORT, 7)
    (name,) = only_in(folder)
    assert name.endswith(".accounts.msg")

    worker = open_task_queue(folder_url(folder))
    with worker.connection_for_read() as connection, connection.SimpleQueue("accounts") as messages:
        message = messages.get(timeout=30)
        message.ack()
    assert message.headers["task"] == WRITE_EXPORT
    assert message.payload[0] == [7]
    assert only_in(folder) == set()


def test_the_embedded_world_lies_in_the_folder_for_temporary_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # what Python keeps of TMPDIR
    own = {"DATABASE_URL": None, "CELERY_BROKER_URL": None, "S3_ENDPOINT_URL": "http://127.0.0.1:1"}
    with variables(own), embedded_environment(respect_existing=True) as added:
        engine = open_engine(load_settings())
        engine.connect().close()
        engine.dispose()
        send_task(open_task_queue(added["CELERY_BROKER_URL"]), WRITE_EXPORT, 7)

        (world,) = only_in(folder)
        assert {path.name for path in (folder / world).iterdir()} == {"accounts.db", "broker"}
    assert only_in(folder) == set()


def test_a_windows_path_keeps_its_drive() -> None:
    file = PureWindowsPath(r"C:\C# course\accounts.db")

    assert sqlite_url(file) == "sqlite:///C:/C%23%20course/accounts.db"
    assert make_url(sqlite_url(file)).database == file.as_posix()
    assert check_broker_url(folder_url(file.parent)).path == "/C:/C%23%20course"
