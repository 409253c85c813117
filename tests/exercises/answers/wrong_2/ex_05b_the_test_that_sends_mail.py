"""
People think: What stands after the yield always runs.
Rejected by: test_it_ends_when_the_test_fails_too
Message: an error leaves the function at its yield
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
    container.mailer.reset_override()
