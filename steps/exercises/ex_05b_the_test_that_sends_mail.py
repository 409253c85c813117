"""05b · The test that sends mail · repair · 8 minutes

Read notebook 05, "Replace a part at any depth".
The override stays too long and reaches too little. Repair mail_of_a_test. The app's own
mailer, and the mails waiting in it, stay. Then run: make exercise STEP=5
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, ThreadSafeSingleton


class Mailer:
    def __init__(self, server: str) -> None:
        self.server = server
        self.waiting: list[str] = []  # mails that the server has not taken yet


class Container(DeclarativeContainer):
    mail_server = Dependency(instance_of=str)
    mailer = ThreadSafeSingleton(Mailer, mail_server)


@contextmanager
def mail_of_a_test(container: Container) -> Iterator[None]:
    """In this `with` block every mail goes to the server "localhost"."""
    container.mail_server.override("localhost")  # TODO
    yield  # the test runs here
