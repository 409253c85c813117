"""An export that was asked for is written once, whoever dies on the way."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from fastapi.testclient import TestClient

from steps.domain.csv_files import users_as_csv
from steps.domain.entities import Export, User
from steps.domain.errors import StorageUnavailable
from steps.domain.urls import folder_url
from steps.infrastructure.exports import WRITE_EXPORT
from steps.infrastructure.task_queue import open_task_queue, send_task
from steps.step_12_worker.cli import run
from steps.step_12_worker.config import Config
from steps.step_12_worker.containers import open_export_service, open_unit_of_work
from steps.step_12_worker.export_service import ExportService, ExportWriter
from steps.step_12_worker.main import create_app
from steps.step_12_worker.process import Process, open_process
from steps.step_12_worker.sessions import UnitOfWork
from steps.workbook.experiments.step_12.exports import (
    BUCKET,
    WatchedS3,
    ask_for_export,
    no_broker,
    stored_exports,
    watched_s3,
    with_writers,
)
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.worker_processes import Worker, run_worker, wait_until_done

ADA = {"email": "ada@example.com", "password": "correct horse"}
OWN_BROKER = os.environ.get("CELERY_BROKER_URL", "")
EXPORTS = 100
PATIENCE_S = 60
"""How long anything may take before a test gives up, in seconds."""

pytestmark = pytest.mark.usefixtures("quick_hashing", "environment")


@pytest.fixture
def s3() -> Iterator[WatchedS3]:
    with watched_s3() as s3:
        yield s3


@pytest.fixture(params=["filesystem", "CELERY_BROKER_URL"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """A folder, and the broker of whoever runs the tests."""
    url = OWN_BROKER
    if request.param == "filesystem":
        url = folder_url(tmp_path / "broker")
    elif not OWN_BROKER:
        pytest.skip("no broker. Run: CELERY_BROKER_URL=redis://127.0.0.1:6379/0 pytest")
    with variables({"CELERY_BROKER_URL": url, "EXPORT_LEASE_S": "1"}):
        yield


@pytest.fixture
def client(s3: WatchedS3) -> Iterator[TestClient]:
    with TestClient(create_app()) as client:
        yield client


@pytest.fixture
def process(s3: WatchedS3) -> Iterator[Process]:
    with open_process(Config.from_env()) as process:
        yield process


# What a caller sees


def test_an_export_waits_until_a_worker_has_written_it(
    client: TestClient, process: Process
) -> None:
    client.post("/users", json=ADA)

    asked = client.post("/exports")
    assert (asked.status_code, asked.json()) == (202, {"id": 1, "state": "waiting"})
    assert client.get("/exports/1").json() == {"id": 1, "state": "waiting"}

    process.run(process.writer.write(1))

    assert client.get("/exports/1").json() == {"id": 1, "state": "done"}
    assert stored_exports() == {"exports/1.csv": b"id,email\r\n1,ada@example.com\r\n"}


@pytest.mark.parametrize(("export_id", "status"), [("7", 404), ("0", 422), ("x", 422)])
def test_there_is_no_export_that_nobody_asked_for(
    client: TestClient, export_id: str, status: int
) -> None:
    answer = client.get(f"/exports/{export_id}")

    assert answer.status_code == status
    assert answer.json()["detail"]


def test_without_a_broker_the_export_is_kept_and_written_later(s3: WatchedS3) -> None:
    with no_broker(), TestClient(create_app()) as client:
        asked = client.post("/exports")
        assert (asked.status_code, asked.json()["state"]) == (202, "waiting")

        with open_process(Config.from_env()) as process:  # as the first worker afterwards does
            process.run(process.writer.write_unclaimed())

        assert client.get("/exports/1").json()["state"] == "done"


# What is in the file


def test_the_file_has_no_password_hash_and_no_cell_that_a_spreadsheet_would_run() -> None:
    emails = ["=1+1@example.com", "+1@example.com", "-1@example.com", "ada@example.com"]

    lines = users_as_csv(User(n, email, "SECRET") for n, email in enumerate(emails)).decode()

    assert "SECRET" not in lines
    assert lines.splitlines() == [
        "id,email",
        "0,'=1+1@example.com",
        "1,'+1@example.com",
        "2,'-1@example.com",
        "3,ada@example.com",
    ]


def test_a_comma_or_a_quote_stays_in_its_cell() -> None:
    lines = users_as_csv([User(1, '"a,b"@example.com', "")]).decode()

    assert lines.splitlines()[1] == '1,"""a,b""@example.com"'


# Who writes it


def test_a_message_that_comes_again_writes_nothing_again(process: Process, s3: WatchedS3) -> None:
    run(open_export_service, ExportService.request)

    for _ in range(3):
        process.run(process.writer.write(1))

    assert s3.written == [f"/{BUCKET}/exports/1.csv"]


def test_a_message_about_an_unknown_export_writes_nothing(process: Process, s3: WatchedS3) -> None:
    process.run(process.writer.write(7))

    assert s3.written == []


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_of_eight_workers_one_writes_an_export(
    database: str, s3: WatchedS3, request: pytest.FixtureRequest
) -> None:
    async def write_together(*writers: ExportWriter) -> None:
        await ask_for_export()
        async with anyio.create_task_group() as at_once:
            for writer in writers:
                at_once.start_soon(writer.write, 1)

    with ExitStack() as stack:
        if database == "PostgreSQL":
            server = request.getfixturevalue("postgresql_url")
            url = stack.enter_context(new_postgresql_database(server))
            stack.enter_context(variables({"DATABASE_URL": url}))
        anyio.run(with_writers, 8, write_together)

    assert s3.written == [f"/{BUCKET}/exports/1.csv"]


@pytest.mark.usefixtures("s3")
def test_an_export_is_claimed_by_one_until_the_lease_is_over() -> None:
    async def claim_three_times(unit_of_work: UnitOfWork) -> list[bool]:
        claims = []
        for lease_s in (-1, 60, 60):  # the first is over at once, as if its worker had died
            async with unit_of_work() as transaction:
                claims.append(await transaction.exports.claim(1, lease_s))
                await transaction.commit()
        return claims

    run(open_export_service, ExportService.request)

    assert run(open_unit_of_work, claim_three_times) == [True, True, False]


def test_while_the_storage_is_away_exports_wait_and_none_is_lost(s3: WatchedS3) -> None:
    away = {"S3_ENDPOINT_URL": "http://127.0.0.1:1", "EXPORT_LEASE_S": "1e-6"}
    with variables(away), open_process(Config.from_env()) as process:
        for _ in range(2):
            run(open_export_service, ExportService.request)
        with pytest.raises(StorageUnavailable):
            process.run(process.writer.write(1))
        assert run(open_export_service, lambda service: service.get(1)).state == "waiting"

    with open_process(Config.from_env()) as process:
        process.run(process.writer.write_unclaimed())

    assert list(stored_exports()) == ["exports/1.csv", "exports/2.csv"]


# The worker


def test_a_worker_writes_what_it_is_told_and_what_nobody_told_it(
    broker: None, client: TestClient, s3: WatchedS3
) -> None:
    """Each of its processes opens a container after the fork, and closes it in reverse.

    Nothing of FastAPI can be imported there.
    """
    with no_broker():
        untold = run(open_export_service, ExportService.request).id

    with run_worker(fastapi=False) as worker:
        told = client.post("/exports").json()["id"]
        queue = open_task_queue(os.environ["CELERY_BROKER_URL"])
        for _ in range(3):
            send_task(queue, WRITE_EXPORT, told)
        wait_until_done(client, [told, untold])
        exit_code = worker.stop()

    assert exit_code == 0
    assert Counter(s3.written) == {
        f"/{BUCKET}/exports/{export_id}.csv": 1 for export_id in (told, untold)
    }
    if sys.platform != "win32":  # which has no fork: there it is one process
        assert len(set(worker.opened) - {worker.process.pid}) == 2
        assert closed_by_each_process(worker) == [["S3 client", "engine"]] * 2


def closed_by_each_process(worker: Worker) -> list[list[str]]:
    closed: dict[str, list[str]] = {}
    for line in worker.lines:
        if found := re.search(r"(ForkPoolWorker-\d).*Closing the (.+)", line):
            closed.setdefault(found[1], []).append(found[2])
    return list(closed.values())


def test_a_hundred_exports_survive_five_kills(
    broker: None, client: TestClient, s3: WatchedS3
) -> None:
    """Four times it is a process of the pool in the middle of an export, once the whole worker."""
    users = []
    for n in range(20):
        sign_up = {**ADA, "email": f"user{n}@example.com"}
        users.append(User(**client.post("/users", json=sign_up).json(), password_hash=""))
    ids = [client.post("/exports").json()["id"] for _ in range(EXPORTS)]
    workers: list[Worker] = []
    before = {10: Worker.kill_process_at, 70: Worker.kill_process_at}
    after = {30: Worker.kill_process_at, 90: Worker.kill_process_at}

    def kill_before(number: int, port: int) -> None:
        if kill := before.pop(number, None):
            kill(workers[-1], port)

    def kill_after(number: int, port: int) -> None:
        if number == EXPORTS // 2:
            workers[-1].kill()
        if kill := after.pop(number, None):
            kill(workers[-1], port)

    s3.before, s3.after = kill_before, kill_after
    with ExitStack() as stack:
        workers.append(stack.enter_context(run_worker()))
        workers[0].process.wait(PATIENCE_S)  # until it is killed
        workers.append(stack.enter_context(run_worker()))
        wait_until_done(client, ids)
        workers[1].kill()  # nothing is left to do

    assert before == after == {}
    assert stored_exports() == {Export.name_of(n): users_as_csv(users) for n in ids}
    assert len(s3.written) > EXPORTS  # some were written twice, and yet are one file
