"""What becomes of an export when messages get lost or come twice, and workers die."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import anyio
import boto3
from a2wsgi import WSGIMiddleware
from fastapi.testclient import TestClient
from kombu.utils import functional
from moto.moto_server.werkzeug_app import create_backend_app
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steps.infrastructure import task_queue
from steps.step_12_worker import export_service
from steps.step_12_worker.config import Config
from steps.step_12_worker.containers import open_export_service, open_export_writer
from steps.step_12_worker.export_service import ExportWriter
from steps.step_12_worker.main import create_app
from steps.workbook.world.environment import embedded_environment, forget_buckets, variables
from steps.workbook.world.event_loops import on_event_loop
from steps.workbook.world.serving import serve
from steps.workbook.world.worker_processes import run_worker, wait_until_done

BUCKET = "accounts-exports"
NOBODY = "redis://127.0.0.1:1/0"

Hook = Callable[[int, int], None]
"""Called with the number of the file, and with the port of who sends it."""


class WatchedS3:
    """An S3 that tells when an export comes, and when it is stored but not answered yet."""

    def __init__(self) -> None:
        self.came = 0
        self.written: list[str] = []
        self.before: Hook = lambda *_: None
        self.after: Hook = lambda *_: None
        self._app: ASGIApp = WSGIMiddleware(create_backend_app("s3"))  # type: ignore[assignment]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "PUT" or "/exports/" not in scope["path"]:
            return await self._app(scope, receive, send)
        answer: list[Message] = []

        async def hold_back(message: Message) -> None:
            answer.append(message)

        self.came += 1
        self.before(self.came, scope["client"][1])
        await self._app(scope, receive, hold_back)
        if answer[0]["status"] == 200:  # else the bucket was not there yet
            self.written.append(scope["path"])
            self.after(len(self.written), scope["client"][1])
        for message in answer:
            await send(message)


@contextmanager
def watched_s3() -> Iterator[WatchedS3]:
    """Serve an empty S3 to whoever reads the environment."""
    forget_buckets()
    s3 = WatchedS3()
    with serve(s3) as url, variables({"S3_ENDPOINT_URL": url}):
        yield s3


def stored_exports() -> dict[str, bytes]:
    """Return every file that the listing names. Raises LookupError if it names one twice."""
    client: Any = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"])
    names = [found["Key"] for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    if len(set(names)) < len(names):
        raise LookupError(f"listed twice: {names}")
    return {name: client.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}


@contextmanager
def no_broker() -> Iterator[None]:
    """Let nobody take messages, and let Celery not sleep for two seconds before it says so."""
    with (
        patch.object(task_queue, "CONNECT_TIMEOUT_S", 0.1),
        patch.object(functional, "sleep"),
        variables({"CELERY_BROKER_URL": NOBODY}),
    ):
        yield


@contextmanager
def new_accounts() -> Iterator[WatchedS3]:
    with embedded_environment(), variables({"EXPORT_LEASE_S": "1"}), watched_s3() as s3:
        yield s3


async def with_writers(number: int, play: Callable[..., Awaitable[None]]) -> None:
    """Open what so many worker processes would; hand their use cases over; close all of it."""
    config = Config.from_env()
    async with AsyncExitStack() as stack:
        writers = [
            await stack.enter_async_context(open_export_writer(config)) for _ in range(number)
        ]
        await play(*writers)


async def ask_for_export() -> int:
    """Ask as a command does, and return the export's id."""
    async with open_export_service(Config.from_env()) as service:
        return (await service.request()).id


def a_message_that_comes_three_times() -> dict[str, int]:
    async def play(writer: ExportWriter) -> None:
        export_id = await ask_for_export()
        for _ in range(3):
            await writer.write(export_id)

    with new_accounts() as s3:
        on_event_loop(with_writers, 1, play)
        return {"messages": 3, "files written": len(s3.written)}


def four_workers_and_one_export() -> dict[str, int]:
    async def play(*writers: ExportWriter) -> None:
        export_id = await ask_for_export()
        async with anyio.create_task_group() as at_once:
            for writer in writers:
                at_once.start_soon(writer.write, export_id)

    with new_accounts() as s3:
        on_event_loop(with_writers, 4, play)
        return {"workers": 4, "files written": len(s3.written)}


def an_export_without_a_broker() -> dict[str, int | str]:
    async def look_for_what_is_left(writer: ExportWriter) -> None:
        await writer.write_unclaimed()

    logging.getLogger(export_service.__name__).addHandler(logging.NullHandler())  # it warns
    with new_accounts(), no_broker(), TestClient(create_app()) as client:
        asked = client.post("/exports")
        on_event_loop(with_writers, 1, look_for_what_is_left)
        state = client.get("/exports/1").json()["state"]
        return {"POST /exports": asked.status_code, "before": asked.json()["state"], "after": state}


def a_worker_killed_in_the_middle() -> dict[str, int]:
    """Kill the first worker, all of it, when the third of six files is stored and not answered."""
    with new_accounts() as s3, TestClient(create_app()) as client:
        ids = [client.post("/exports").json()["id"] for _ in range(6)]
        with run_worker(processes=1) as first:
            s3.after = lambda number, _: first.kill() if number == 3 else None
            first.process.wait(30)
        waiting = [client.get(f"/exports/{n}").json()["state"] for n in ids].count("waiting")
        with run_worker(processes=1) as second:
            wait_until_done(client, ids)
            second.kill()
        return {"asked for": 6, "left by the first": waiting, "files": len(stored_exports())}
