"""Whatever proxies a reader's shell names, what runs on this machine is reached past them."""

import os
import subprocess
import sys
from urllib.request import urlopen

import boto3
import httpx2
import pytest

from steps.workbook.world.environment import embedded_environment, variables
from steps.workbook.world.proxies import NO_PROXIES
from tests.dead_proxies import set_dead_proxies

PATIENCE_S = 60


def ask_in_every_way(s3_url: str) -> None:
    """Ask as somebody does who knows nothing of proxies. Raises what a client raises."""
    httpx2.get(s3_url).raise_for_status()
    httpx2.AsyncClient()
    urlopen(s3_url, timeout=PATIENCE_S).close()  # noqa: S310
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        region_name="eu-central-1",
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",
    )
    client.list_buckets()
    client.close()


def test_a_test_asks_no_proxy(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {name: os.environ.get(name) for name in NO_PROXIES}
    set_dead_proxies(monkeypatch)

    with variables(found):
        ask_in_every_way(s3_url)


def test_in_the_embedded_environment_nobody_asks_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    set_dead_proxies(monkeypatch)
    monkeypatch.delenv("S3_ENDPOINT_URL", raising=False)  # of a service that other tests keep

    with embedded_environment(respect_existing=True) as added:
        ask_in_every_way(added["S3_ENDPOINT_URL"])


def test_with_an_s3_server_of_their_own_a_readers_proxies_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_dead_proxies(monkeypatch)
    monkeypatch.setenv("S3_ENDPOINT_URL", "https://s3.example.com")

    with embedded_environment(respect_existing=True):
        assert "NO_PROXY" not in os.environ
        assert "no_proxy" not in os.environ


def test_a_notebook_asks_no_proxy_after_its_first_import(monkeypatch: pytest.MonkeyPatch) -> None:
    set_dead_proxies(monkeypatch)
    cell = "import httpx2, steps.workbook.world.kernel; httpx2.Client()"
    command = [sys.executable, "-c", cell]
    kernel = subprocess.run(command, timeout=PATIENCE_S, check=False)  # noqa: S603

    assert kernel.returncode == 0
