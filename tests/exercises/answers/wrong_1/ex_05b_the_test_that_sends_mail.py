"""
People think: An override ends with the function that made it.
Rejected by: test_the_override_ends_with_the_test
Message: stays until somebody ends it
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
    container.mailer.override(Mailer("localhost"))
    yield  # the test runs here
