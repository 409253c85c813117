"""Many people sign up at the same time, and what came of it is counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Condition, Event, Thread

import httpx2

from steps.workbook.world.serving import LOOPBACK

PATIENCE_S = 60
"""How long to wait for what should happen at once, in seconds."""

REFUSED = "refused"
"""Nobody listened, so nobody can have signed up."""

UNANSWERED = "unanswered"
"""Somebody listened and hung up."""


class Load:
    """Counts the answers: by status, and those that nobody got."""

    def __init__(self) -> None:
        self.answers: Counter[int | str] = Counter()
        self._changed = Condition()

    def add(self, answer: int | str) -> None:
        with self._changed:
            self.answers[answer] += 1
            self._changed.notify_all()

    def wait_for_more(self, answer: int | str, more: int) -> None:
        """Wait until so many more have got this answer."""
        with self._changed:
            enough = self.answers[answer] + more
            self._wait_until(lambda: self.answers[answer] >= enough)

    def wait_for_answers(self, number: int) -> None:
        """Wait until so many have got an answer, whatever it is."""
        with self._changed:
            self._wait_until(lambda: self.answers.total() >= number)

    def _wait_until(self, happened: Callable[[], bool]) -> None:
        assert self._changed.wait_for(happened, PATIENCE_S), dict(self.answers)


@contextmanager
def signing_up(url: str, people: int, *, again: bool = False) -> Iterator[Load]:
    """Let so many people sign up at once; leaving waits for their answers.

    Each has an email and a connection of their own. With `again`, whoever has an answer signs up
    with another email, until the `with` block ends.
    """
    load, ended, numbers = Load(), Event(), count()
    limits = httpx2.Limits(max_connections=people, max_keepalive_connections=0)
    with httpx2.Client(base_url=url, limits=limits, timeout=PATIENCE_S, **LOOPBACK) as client:

        def sign_up() -> None:
            while True:
                email = f"person{next(numbers)}@example.com"
                try:
                    answer = client.post("/users", json={"email": email, "password": "a password"})
                    load.add(answer.status_code)
                except httpx2.ConnectError:
                    load.add(REFUSED)
                except httpx2.TransportError:
                    load.add(UNANSWERED)
                if not again or ended.is_set():
                    return

        threads = [Thread(target=sign_up) for _ in range(people)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            ended.set()
            for thread in threads:
                thread.join()
