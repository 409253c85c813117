"""What goes wrong with a PostgreSQL server, at a point that the test chooses."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from steps.workbook.world.serving import HOST
from tests.load import PATIENCE_S

Moment = Literal["insert", "commit"]

EVENT_TRIGGER = {
    "insert": "CREATE TRIGGER fault BEFORE INSERT ON audit_events FOR EACH ROW",
    "commit": """CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON audit_events
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW""",
}


@contextmanager
def doing(url: str, statement: str, at: Moment) -> Iterator[Connection]:
    """Let the database run a statement within each sign-up: at its last insert or its commit."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            f"""CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN {statement}; RETURN NEW; END $$;
                {EVENT_TRIGGER[at]} EXECUTE FUNCTION fault()"""
        )
        try:
            yield connection
        finally:
            connection.exec_driver_sql("DROP FUNCTION fault CASCADE")


class Gate:
    """Sign-ups stop here. The lock is the test's until it opens the gate."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_for(self, number: int) -> list[int]:
        """Return the process ids of the connections that wait, once there are so many."""
        waiting = text(
            """SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
               WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"""
        )
        deadline = time.monotonic() + PATIENCE_S
        while len(found := self._connection.scalars(waiting).all()) < number:
            assert time.monotonic() < deadline, f"{len(found)} of {number} came to the gate"
            time.sleep(0.005)
        return list(found)

    def kill(self, process_id: int) -> None:
        """Cut a connection, and return when it is no more."""
        kill = text("SELECT pg_terminate_backend(:process_id, 10000)")
        assert self._connection.scalar(kill, {"process_id": process_id})

    def open(self) -> None:
        self._connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")


@contextmanager
def gate(url: str, at: Moment) -> Iterator[Gate]:
    """Hold every sign-up at this moment. Leaving opens the gate."""
    with doing(url, "PERFORM pg_advisory_xact_lock_shared(1)", at) as connection:
        connection.exec_driver_sql("SELECT pg_advisory_lock(1)")
        gate = Gate(connection)
        try:
            yield gate
        finally:
            gate.open()


class Wire:
    """Goes between an app and its server. Cut, it lets COMMIT through but not its answer."""

    def __init__(self, server_url: str, listener: socket.socket) -> None:
        self._server = make_url(server_url)
        self._listener = listener
        self.cut = threading.Event()
        port = listener.getsockname()[1]
        through = self._server.set(host=HOST, port=port, query={"sslmode": "disable"})
        self.url = through.render_as_string(hide_password=False)

    def serve(self) -> None:
        while True:
            try:
                app, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._connect, args=(app,)).start()

    def _connect(self, app: socket.socket) -> None:
        with app, self._reach_server() as server:
            lost = threading.Event()
            answers = threading.Thread(target=self._pass_answers_on, args=(server, app, lost))
            answers.start()
            while received := _receive(app):
                if self.cut.is_set() and b"COMMIT" in received:
                    lost.set()
                server.sendall(received)
            _hang_up(server)
            answers.join()

    def _pass_answers_on(
        self, server: socket.socket, app: socket.socket, lost: threading.Event
    ) -> None:
        while received := _receive(server):
            if lost.is_set():
                break  # the answer to COMMIT is here, so the server has done it
            app.sendall(received)
        _hang_up(app)

    def _reach_server(self) -> socket.socket:
        host = self._server.query.get("host")
        if isinstance(host, str) and sys.platform != "win32":
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.5432")
            return server
        return socket.create_connection((self._server.host, self._server.port or 5432))


@contextmanager
def wire_to(server_url: str) -> Iterator[Wire]:
    """Listen for an app. Its connections must be closed before the `with` block ends."""
    with socket.create_server((HOST, 0)) as listener:
        wire = Wire(server_url, listener)
        thread = threading.Thread(target=wire.serve)
        thread.start()
        try:
            yield wire
        finally:
            _hang_up(listener)
            listener.close()
            thread.join()


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was quicker
        connection.shutdown(socket.SHUT_RDWR)
