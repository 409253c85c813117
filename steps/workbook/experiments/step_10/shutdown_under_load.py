"""What becomes of requests when SIGTERM arrives, and of whatever is open."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from threading import Event

import httpx2
from sqlalchemy import create_engine, select

from steps.infrastructure.tables import UserRow
from steps.workbook.world.environment import new_database
from steps.workbook.world.serving import (
    LOOPBACK,
    STOP_SIGNAL,
    ServerProcess,
    reserve_port,
    serve_module,
)
from steps.workbook.world.stopping import closings_in, wait_until_refused

PATIENCE_S = 30
"""How long anything waits for anything else before the experiment fails, in seconds."""

MODULE = "steps.step_10_route_registrars"
HELD = "steps.workbook.experiments.step_10.held_program"
PEOPLE = 50


@dataclass
class SignUps:
    """What became of every email: its status, or the name of the error that its caller met."""

    url: str
    client: httpx2.Client
    outcomes: dict[str, int | str] = field(default_factory=dict)

    def sign_up(self, email: str) -> int | str:
        body = {"email": email, "password": "correct horse"}
        try:
            answer = self.client.post(f"{self.url}/users", json=body)
        except httpx2.TransportError as error:
            self.outcomes[email] = type(error).__name__
        else:
            self.outcomes[email] = answer.status_code
        return self.outcomes[email]

    def stop(self, server: ServerProcess) -> None:
        server.process.send_signal(STOP_SIGNAL)

    def with_outcome(self, outcome: int | str) -> set[str]:
        return {email for email, met in self.outcomes.items() if met == outcome}


def emails_in(database_url: str) -> set[str]:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        emails = set(connection.scalars(select(UserRow.email)))
    engine.dispose()
    return emails


@dataclass(frozen=True)
class Shutdown:
    """What was left when the server had ended."""

    sign_ups: SignUps
    emails: set[str]
    exit_code: int
    lines: list[str]


def sign_up_while_it_stops(
    environment: Mapping[str, str],
    send: Callable[[ServerProcess, SignUps], None],
    module: str = HELD,
) -> Shutdown:
    """Serve step 10; `send` sends sign-ups and, among them, the signal."""
    # Each sign-up has a connection of its own: none is on one that the server closes meanwhile.
    client = httpx2.Client(headers={"Connection": "close"}, timeout=PATIENCE_S, **LOOPBACK)
    environment = {"PORT": "0", **environment}
    with client, serve_module([module], environment=environment) as server:
        sign_ups = SignUps(server.url, client)
        send(server, sign_ups)
        exit_code = server.process.wait(PATIENCE_S)
    emails = emails_in(environment["DATABASE_URL"])
    return Shutdown(sign_ups, emails, exit_code, server.lines)


def hold_fifty(database_url: str) -> Shutdown:
    """Let fifty sign-ups arrive, tell the server to stop, and only then let them go on."""

    def send(server: ServerProcess, sign_ups: SignUps) -> None:
        with ThreadPoolExecutor(PEOPLE) as people, ExitStack() as held:
            for number in range(PEOPLE):
                people.submit(sign_ups.sign_up, f"user{number}@example.com")
            for _ in range(PEOPLE):
                held.enter_context(gate.accept()[0])
            sign_ups.stop(server)
            wait_until_refused(server.url)

    with reserve_port() as gate:
        gate.settimeout(PATIENCE_S)
        gate.listen(PEOPLE)
        environment = {"DATABASE_URL": database_url, "GATE": str(gate.getsockname()[1])}
        return sign_up_while_it_stops(environment, send)


def go_on_until_refused(database_url: str, module: str = HELD) -> Shutdown:
    """Let fifty people sign up one email after the other, and stop the server meanwhile.

    With `MODULE`, passwords are hashed as they should be: that is how to measure how long it takes.
    """

    def send(server: ServerProcess, sign_ups: SignUps) -> None:
        def sign_up_again_and_again(person: int) -> None:
            for number in count():
                if not isinstance(sign_ups.sign_up(f"user{person}-{number}@example.com"), int):
                    return
                if len(sign_ups.outcomes) > PEOPLE:
                    under_load.set()

        under_load = Event()
        with ThreadPoolExecutor(PEOPLE) as people:
            for person in range(PEOPLE):
                people.submit(sign_up_again_and_again, person)
            under_load.wait(PATIENCE_S)
            sign_ups.stop(server)

    return sign_up_while_it_stops({"DATABASE_URL": database_url}, send, module)


def hold_one_for_ever(database_url: str) -> Shutdown:
    """Stop a server with a sign-up that would never end, and give it a second."""

    def send(server: ServerProcess, sign_ups: SignUps) -> None:
        with ThreadPoolExecutor() as people:
            people.submit(sign_ups.sign_up, "ada@example.com")
            with gate.accept()[0]:
                sign_ups.stop(server)
                server.process.wait(PATIENCE_S)

    with reserve_port() as gate:
        gate.settimeout(PATIENCE_S)
        gate.listen()
        environment = {"GATE": str(gate.getsockname()[1]), "GRACE_S": "1"}
        return sign_up_while_it_stops({"DATABASE_URL": database_url, **environment}, send)


def sigterm_with_fifty_sign_ups_in_flight() -> dict[str, object]:
    with new_database() as database_url:
        shutdown = hold_fifty(database_url)
    return {
        "answers": dict(Counter(shutdown.sign_ups.outcomes.values())),
        "rows": len(shutdown.emails),
        "every 201 is a row, and every row a 201": shutdown.emails
        == shutdown.sign_ups.with_outcome(201),
        "closed": closings_in(shutdown.lines),
        "exit code": shutdown.exit_code,
    }
