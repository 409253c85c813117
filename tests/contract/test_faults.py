"""From step 07 on, whatever happens to PostgreSQL: every 201 is a row, and the app recovers.

503 says that nothing was done. 500 says that nobody knows.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from threading import Thread

import httpx2
import pytest

from steps.infrastructure import database as infrastructure
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.postgresql import (
    PostgresqlCannotRun,
    PostgresqlServer,
    new_postgresql_database,
    serve_postgresql,
)
from steps.workbook.world.serving import LOOPBACK, serve
from tests.contract.database import Database
from tests.contract.faults import Moment, doing, gate, wire_to
from tests.load import signing_up

pytestmark = [
    pytest.mark.usefixtures("quick_hashing"),
    pytest.mark.parametrize(
        "step",
        [step for step in STEPS if step.transaction == "use case"],
        ids=lambda step: f"step_{step.number:02}",
        scope="session",
    ),
]

ADA = {"email": "ada@example.com", "password": "correct horse"}
UNAVAILABLE = (503, {"detail": "The database does not answer."})
UNKNOWN = (500, {"detail": "The database did not say whether this was done."})


@contextmanager
def serve_on(step: Step, database_url: str) -> Iterator[str]:
    nobody = "http://127.0.0.1:1"
    with (
        new_database(),  # for the folder that is its broker
        variables({"DATABASE_URL": database_url, "S3_ENDPOINT_URL": nobody}),
        serve(step.create_app()) as url,
    ):
        yield url


@pytest.fixture(scope="session")
def url(step: Step, step_on_postgresql: Database) -> Iterator[str]:
    """One app for all tests of a step: each finds it as the fault before has left it."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as monkeypatch:  # until the engine is open
            monkeypatch.setattr(infrastructure, "POOL_TIMEOUT_S", 0.2)
            url = stack.enter_context(serve_on(step, step_on_postgresql.url))
        yield url


@pytest.fixture
def database(step_on_postgresql: Database) -> Database:
    step_on_postgresql.forget_rows()
    return step_on_postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    """A server that may be stopped, because nobody else uses it."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(serve_postgresql())
        except PostgresqlCannotRun as error:
            pytest.skip(f"{error}. Where it can run: pytest tests/contract/test_faults.py")
        yield server


def sign_up(url: str) -> tuple[int, object]:
    answer = httpx2.post(f"{url}/users", json=ADA, timeout=60, **LOOPBACK)
    return answer.status_code, answer.json()


def sign_up_meanwhile(url: str) -> tuple[Thread, list[tuple[int, object]]]:
    answers: list[tuple[int, object]] = []
    thread = Thread(target=lambda: answers.append(sign_up(url)))
    thread.start()
    return thread, answers


def test_a_connection_that_is_killed_within_a_request_undoes_it(
    url: str, database: Database
) -> None:
    with gate(database.url, at="insert") as held:
        thread, answers = sign_up_meanwhile(url)
        held.kill(*held.wait_for(1))
        thread.join()

    assert answers == [UNAVAILABLE]
    assert database.rows() == (0, 0)
    assert sign_up(url)[0] == 201
    assert database.rows() == (1, 1)


def test_a_connection_that_is_killed_within_the_commit_leaves_the_outcome_unknown(
    url: str, database: Database
) -> None:
    with gate(database.url, at="commit") as held:
        thread, answers = sign_up_meanwhile(url)
        held.kill(*held.wait_for(1))
        thread.join()

    assert answers == [UNKNOWN]
    assert database.rows() == (0, 0)
    assert sign_up(url)[0] == 201


def test_a_commit_whose_answer_is_lost_is_not_said_to_have_failed(
    step: Step, database: Database
) -> None:
    with wire_to(database.url) as wire, serve_on(step, wire.url) as url:
        wire.cut.set()
        lost = sign_up(url)
        wire.cut.clear()

        assert lost == UNKNOWN
        assert database.rows() == (1, 1)
        assert sign_up(url)[0] == 409  # who asks again learns that it was done


@pytest.mark.parametrize("moment", ["insert", "commit"])
def test_a_full_disk_undoes_the_sign_up(url: str, database: Database, moment: Moment) -> None:
    with doing(database.url, "RAISE disk_full", at=moment):
        assert sign_up(url) == UNAVAILABLE

    assert database.rows() == (0, 0)
    assert sign_up(url)[0] == 201


def test_a_server_that_only_reads_is_unavailable_to_who_writes(
    url: str, database: Database
) -> None:
    """As one that others have taken over from, or that its disk is too full for."""
    with doing(database.url, "RAISE read_only_sql_transaction", at="insert"):
        assert sign_up(url) == UNAVAILABLE

    assert database.rows() == (0, 0)


def test_who_finds_no_free_connection_is_turned_away_and_who_has_one_is_served(
    url: str, database: Database
) -> None:
    with (
        gate(database.url, at="insert") as held,
        signing_up(url, infrastructure.POOL_SIZE) as load,
    ):
        held.wait_for(infrastructure.POOL_SIZE)
        assert sign_up(url) == UNAVAILABLE
        held.open()

    assert load.answers == {201: infrastructure.POOL_SIZE}
    assert sign_up(url)[0] == 201
    assert database.rows() == (infrastructure.POOL_SIZE + 1, infrastructure.POOL_SIZE + 1)


def test_a_server_that_stops_and_starts_under_load_costs_no_acknowledged_row(
    step: Step, server: PostgresqlServer
) -> None:
    with new_postgresql_database(server.url) as database_url, serve_on(step, database_url) as url:
        with signing_up(url, 8, again=True) as load:
            for crash in (False, True):
                load.wait_for_more(201, 20)
                server.stop(crash=crash)
                load.wait_for_more(503, 20)
                server.start()
            load.wait_for_more(201, 20)
        with closing(Database(database_url)) as database:
            users, audit_events = database.rows()

    assert set(load.answers) <= {201, 503, 500}
    assert load.answers[201] <= users <= load.answers[201] + load.answers[500]
    assert audit_events == users


def test_after_a_server_has_started_again_nobody_meets_its_old_connections(
    step: Step, server: PostgresqlServer
) -> None:
    with new_postgresql_database(server.url) as database_url, serve_on(step, database_url) as url:
        with (
            gate(database_url, at="insert") as held,
            signing_up(url, infrastructure.POOL_SIZE) as before,
        ):
            held.wait_for(infrastructure.POOL_SIZE)
            held.open()
        server.stop()
        server.start()
        with signing_up(url, infrastructure.POOL_SIZE) as after:
            pass

    assert before.answers == {201: infrastructure.POOL_SIZE}
    assert after.answers == {409: infrastructure.POOL_SIZE}
