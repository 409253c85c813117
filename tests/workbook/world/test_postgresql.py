"""A PostgreSQL server of our own keeps what it is told to, and leaves nothing behind."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from steps.infrastructure.tables import Table
from steps.workbook.world import postgresql
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import (
    PostgresqlCannotRun,
    PostgresqlServer,
    new_postgresql_database,
    serve_postgresql,
)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with ExitStack() as stack:
        try:
            server = stack.enter_context(serve_postgresql())
        except PostgresqlCannotRun as error:
            pytest.skip(
                f"{error}. Where it can run: pytest tests/workbook/world/test_postgresql.py"
            )
        yield server


def ask(url: str, question: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.scalar(text(question))


@pytest.mark.parametrize("crash", [False, True], ids=["stopped", "crashed"])
def test_a_server_that_starts_again_has_kept_what_was_committed(
    server: PostgresqlServer, crash: bool
) -> None:
    with new_postgresql_database(server.url) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO users (email, password_hash) VALUES ('a', '-')"))

        server.stop(crash=crash)
        with pytest.raises(OperationalError):
            ask(url, "SELECT 1")
        server.start()

        assert ask(url, "SELECT count(*) FROM users") == 1
        engine.dispose()


def test_a_new_database_has_the_tables_and_is_dropped_in_use_or_not(
    server: PostgresqlServer,
) -> None:
    with new_postgresql_database(server.url) as url:
        engine = create_engine(url)
        in_use = engine.connect()
        assert set(inspect(engine).get_table_names()) >= set(Table.metadata.tables)
    in_use.invalidate()
    in_use.close()
    engine.dispose()

    databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'accounts%'"
    assert ask(server.url, databases) == 0


def test_nothing_listens_for_other_machines(server: PostgresqlServer) -> None:
    assert ask(server.url, "SHOW listen_addresses") in ("", "127.0.0.1")


@pytest.mark.skipif(sys.platform == "win32", reason="there it never listens on a socket file")
def test_where_the_path_of_a_socket_is_too_long_it_listens_with_a_password(
    server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SOCKET_PATH_LIMIT", 10)
    with serve_postgresql() as server:
        url = make_url(server.url)

        assert ask(server.url, "SHOW listen_addresses") == url.host == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=url.host, port=url.port, user=url.username, password="a guess")


KILLED = """
import time
from steps.workbook.world.postgresql import serve_postgresql
with serve_postgresql() as server:
    print(server.url, flush=True)
    time.sleep(60)
"""


def test_not_even_a_killed_process_leaves_a_server_behind(
    server: PostgresqlServer,
) -> None:
    odd = "" if sys.platform == "win32" else "C# 50%25 a&b what? "  # means something in a URL
    with tempfile.TemporaryDirectory(prefix=odd) as folder, variables({"TMPDIR": folder}):
        Path(folder).chmod(0o755)  # who is root runs the server as somebody else
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert ask(url, "SELECT 1") == 1
            process.kill()

        deadline = time.monotonic() + 30
        while list(Path(folder).iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(Path(folder).iterdir()) == []
        with pytest.raises(OperationalError):
            ask(url, "SELECT 1")


def test_a_machine_without_the_wheel_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql, "WHEEL", "a_wheel_of_nobody")

    with (
        pytest.raises(PostgresqlCannotRun, match=r"^the package .* is not installed$"),
        serve_postgresql(),
    ):
        pass
