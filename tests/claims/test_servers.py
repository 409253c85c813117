"""What is often said of servers and of what they open, and is tried nowhere else."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import boto3
import pytest
from fastapi import FastAPI, Request, Response

from steps.domain.settings import load_settings
from steps.infrastructure.object_storage import close_s3_client, open_s3_client
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import variables
from steps.workbook.world.serving import serve
from tests.often_said import often_said

PATIENCE_S = 30


# Whom a boto3 client asks


def asked_of_the_metadata_service(with_keys: bool) -> bool:
    asked: list[str] = []
    metadata = FastAPI()

    @metadata.api_route("/{path:path}", methods=["GET", "PUT"])
    def answer(path: str) -> Response:
        asked.append(path)
        return Response(status_code=404)

    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    with (
        serve(metadata) as url,
        variables(
            {
                **dict.fromkeys(keys, "key" if with_keys else None),
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
                "AWS_EC2_METADATA_DISABLED": None,
                "AWS_SHARED_CREDENTIALS_FILE": "no-such-file",
                "AWS_CONFIG_FILE": "no-such-file",
            }
        ),
    ):
        boto3.Session().client("s3", region_name="us-east-1").close()
    return bool(asked)


@often_said(
    "To open a boto3 client connects to nothing.",
    "depends",
    "With keys in the environment it does not; without any keys it asks the metadata service "
    "of EC2.",
    step=3,
)
def test_a_client_without_keys_asks_the_metadata_service_when_it_is_opened() -> None:
    assert not asked_of_the_metadata_service(with_keys=True)
    assert asked_of_the_metadata_service(with_keys=False)


@often_said(
    "One boto3 client is one connection.",
    "depends",
    "Eight calls at once take eight connections, and keep them for the next eight.",
    step=3,
)
@pytest.mark.usefixtures("environment")
def test_eight_calls_at_once_over_one_client_take_eight_connections() -> None:
    connections: set[object] = set()
    all_are_there = Barrier(8)
    s3 = FastAPI()

    @s3.get("/")
    def list_buckets(request: Request) -> Response:
        connections.add(request.client)
        all_are_there.wait(PATIENCE_S)
        return Response("<Result><Buckets/></Result>", media_type="application/xml")

    with serve(s3) as url, variables({"S3_ENDPOINT_URL": url}), ThreadPoolExecutor(8) as threads:
        client = open_s3_client(load_settings())
        for _ in range(2):
            for call in [threads.submit(client.list_buckets) for _ in range(8)]:
                call.result(PATIENCE_S)
        close_s3_client(client)

    assert len(connections) == 8


@often_said(
    "The exit code tells that a start has failed.",
    "depends",
    "With two workers uvicorn ends with 0, and has logged that it is running.",
    step=3,
)
@pytest.mark.skipif(
    sys.platform == "win32", reason="uvicorn stops its workers in another way there"
)
def test_with_two_workers_a_start_that_fails_ends_with_0_and_says_that_it_runs() -> None:
    """Ten seconds, in which uvicorn waits for its children."""
    target = find_step(3).target
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "uvicorn", target, "--port", "0", "--workers", "2"],
        env={**os.environ, "DATABASE_URL": "nonsense"},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=120,
        check=False,
    )

    assert "Application startup failed" in ended.stderr
    assert "Uvicorn running on" in ended.stderr
    assert ended.returncode == 0
