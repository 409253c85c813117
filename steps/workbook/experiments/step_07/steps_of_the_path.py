"""What each step of the path can do, from one run of each and from its imports."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from steps.infrastructure.announcements import Change, listeners
from steps.infrastructure.passwords import PasswordHasher
from steps.workbook.catalogue import Step
from steps.workbook.experiments.step_07.accounts import ADA, users_signed_up
from steps.workbook.experiments.step_07.refused_events import refusing_audit_events
from steps.workbook.recording.recorder import record
from steps.workbook.world.databases import connections_in_use
from steps.workbook.world.environment import new_database
from steps.workbook.world.singletons import fresh_app


@contextmanager
def opened_engines() -> Iterator[list[Engine]]:
    """Give out the engines that are opened, and close them at the end, for steps that do not."""
    engines: list[Engine] = []

    def note(change: Change, _: str, subject: object) -> None:
        if change == "opened" and isinstance(subject, Engine):
            engines.append(subject)

    listeners.append(note)
    try:
        yield engines
    finally:
        listeners.remove(note)
        for engine in engines:
            engine.dispose()


def use_cases_know_only_the_domain(step: Step) -> bool:
    tree = ast.parse((step.folder / "services.py").read_text(encoding="utf-8"))
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            modules.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            modules.extend(name.name for name in node.names)
    return all(module.startswith("steps.domain") for module in modules)


def sign_up_log_in_and_fail(client: TestClient, url: str) -> None:
    client.post("/users", json=ADA)
    client.post("/login", json=ADA)
    with refusing_audit_events(url):
        client.post("/users", json={**ADA, "email": "grace@example.com"})


def what_a_step_can_do(step: Step) -> dict[str, bool]:
    with new_database() as url, opened_engines() as engines, fresh_app(step.number) as app:
        held: list[int] = []

        def verify(*_: object) -> bool:
            held.append(sum(map(connections_in_use, engines)))
            return True

        test_client = TestClient(app, raise_server_exceptions=False)
        with record() as recording, test_client, patch.object(PasswordHasher, "verify", verify):
            sign_up_log_in_and_fail(test_client, url)
        return {
            "one engine for all requests": len(engines) == 1,
            "the engine is closed": recording.count("engine", "closed") == len(engines),
            "the use cases import only the domain": use_cases_know_only_the_domain(step),
            "no connection held while verifying a password": held == [0],
            "a failed sign-up leaves no user": users_signed_up(engines[0]) == ["ada"],
        }
