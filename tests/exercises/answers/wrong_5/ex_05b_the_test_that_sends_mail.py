"""
People think: reset_singletons() puts everything back as it was.
Rejected by: test_the_app_and_the_test_keep_their_mails_apart
Message: forgets the app's mailer
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
    with container.mail_server.override("localhost"), container.reset_singletons():
        yield  # the test runs here
