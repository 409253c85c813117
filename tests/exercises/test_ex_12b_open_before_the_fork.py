"""Exercise 12b: children of a real fork ask a real server, each over a connection or not."""

import json
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from steps.exercises import ex_12b_open_before_the_fork as exercise
from tests.exercises.checks import expect, expect_that

Work = Callable[[], object]

LIFE_S = 5
"""How long a child may live, in seconds: none outlives a broken exercise for longer."""


class Server:
    """Sends back each line of each connection."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.notes_out, self.notes_in = os.pipe()

    def open_client(self) -> "NotedClient":
        os.write(self.notes_in, b"o")
        return NotedClient(socket.create_connection(self.listening.getsockname()), self.notes_in)

    def serve(self) -> None:
        waiting = [self.listening]
        while True:
            for ready in select.select(waiting, [], [])[0]:
                if ready is self.listening:
                    waiting.append(ready.accept()[0])
                elif lines := ready.recv(1000):
                    ready.sendall(lines)
                else:
                    waiting.remove(ready)

    def notes(self) -> str:
        """Return what happened to clients, in all processes: o opened, c closed."""
        os.write(self.notes_in, b".")
        return os.read(self.notes_out, 1000).decode().rstrip(".")


class NotedClient:
    def __init__(self, connection: socket.socket, notes: int) -> None:
        self.connection, self.notes = connection, notes

    def send(self, name: str) -> None:
        self.connection.sendall(f"{name}\n".encode())

    def ask(self, name: str) -> str:
        self.send(name)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += self.connection.recv(1)
        return answer.decode().strip()

    def close(self) -> None:
        self.connection.close()
        os.write(self.notes, b"c")


@pytest.fixture
def server() -> Iterator[Server]:
    expect_that(
        hasattr(os, "fork"),
        "This system",
        seen="it has no fork",
        expected="Linux or macOS",
        why="Where nothing forks, nothing is shared by a fork: here you may skip this exercise.",
    )
    server = Server()
    yield server
    server.listening.close()
    os.close(server.notes_in)
    os.close(server.notes_out)


class Child:
    """Works in a fork of this process until the `with` block ends, and no longer."""

    def __init__(self, work: Work) -> None:
        self.reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            signal.alarm(LIFE_S)
            try:
                said: dict[str, object] = {"result": work()}
            except BaseException as error:
                said = {"error": type(error).__name__, "text": str(error)}
            os.write(writing, json.dumps(said).encode())
            os._exit(0)
        os.close(writing)

    def result(self) -> object:
        """Return what the work returned. Raises an error of the same name as the work did."""
        written = b""
        while part := os.read(self.reading, 1000):
            written += part
        said = json.loads(written) if written else {"result": "no answer"}
        if "error" in said:
            raise type(said["error"], (Exception,), {})(said["text"])
        return said["result"]

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.reading)


def test_each_child_is_told_what_it_asked_for(server: Server) -> None:
    worker = exercise.Worker(server.open_client)
    asked_out, asked_in = os.pipe()

    def ada() -> None:
        try:
            worker.after_fork()
            worker.client.send("Ada")  # slow to read the answer
        finally:
            os.write(asked_in, b".")
        signal.pause()

    def grace() -> str:
        worker.after_fork()
        return str(worker.task("Grace"))

    with Child(server.serve), Child(ada):
        os.read(asked_out, 1)
        with Child(grace) as last:
            seen = last.result()
    expect(
        "What Grace is told, who asked for Grace",
        seen=seen,
        expected="Grace",
        why="Ada asked before her, in another child, over the same socket: two processes have one "
        "connection, and whoever reads first gets the answer that comes first.",
    )


def test_the_parent_opens_nothing(server: Server) -> None:
    exercise.Worker(server.open_client)
    expect(
        "What the parent opens when it makes the worker",
        seen="a client" if server.notes() else "nothing",
        expected="nothing",
        why="It works on no task, so nobody closes it, and the server keeps a place for it.",
    )


def one_child(server: Server) -> str:
    worker = exercise.Worker(server.open_client)

    def work() -> None:
        worker.after_fork()
        for name in ("Ada", "Grace", "Alan"):
            worker.task(name)
        worker.before_exit()

    with Child(server.serve), Child(work) as child:
        child.result()
    return server.notes()


def test_a_child_opens_one_client_for_all_its_tasks(server: Server) -> None:
    expect(
        "How often a child with three tasks opens a client",
        seen=one_child(server).count("o"),
        expected=1,
        why="Opening at each task is what step 01 did for each request: slow, and the server "
        "has to greet each one.",
    )


def test_a_child_closes_what_it_opened(server: Server) -> None:
    expect(
        "What happens to the client of a child (o: opened, c: closed)",
        seen=one_child(server),
        expected="oc",
        why="A process that ends drops its connections. One that closes them says goodbye, so "
        "that the server need not find out by itself.",
    )
