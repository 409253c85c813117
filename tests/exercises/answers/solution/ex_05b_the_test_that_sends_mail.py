"""An override reaches what is made from now on, so it belongs on the singleton itself: whoever asks
for the mailer gets the test's, and the app's own one stays where it is. On a setting below, it
passes by a mailer that is made already. And the `with` ends it, whatever the test does.
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
    with container.mailer.override(Mailer("localhost")):
        yield  # the test runs here
