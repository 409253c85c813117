"""The S3 client that every step opens, against a real S3 protocol on a real socket."""

from collections.abc import Iterator
from typing import cast

import pytest
from fastapi import FastAPI

from steps.domain.errors import BucketExists, ConfigurationError, StorageUnavailable
from steps.domain.settings import Settings
from steps.infrastructure.object_storage import (
    S3Client,
    close_s3_client,
    create_bucket,
    list_bucket_names,
    open_s3_client,
)
from steps.workbook.world.environment import forget_buckets
from steps.workbook.world.serving import serve


@pytest.fixture(params=["us-east-1", "eu-central-1"])
def s3_client(
    request: pytest.FixtureRequest, s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Client]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    forget_buckets()
    client = open_s3_client(Settings(s3_endpoint_url=s3_url))
    yield client
    close_s3_client(client)


def test_a_new_bucket_is_listed(s3_client: S3Client) -> None:
    create_bucket(s3_client, "photos")

    assert list_bucket_names(s3_client) == ["photos"]


def test_a_bucket_is_created_once_in_every_region(s3_client: S3Client) -> None:
    create_bucket(s3_client, "photos")

    with pytest.raises(BucketExists):
        create_bucket(s3_client, "photos")


def test_a_closed_port_means_that_the_storage_is_unavailable() -> None:
    client = open_s3_client(Settings(s3_endpoint_url="http://127.0.0.1:1"))

    with pytest.raises(StorageUnavailable):
        list_bucket_names(client)
    with pytest.raises(StorageUnavailable):
        create_bucket(client, "photos")
    close_s3_client(client)


def test_a_url_that_boto3_refuses_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="S3_ENDPOINT_URL"):
        open_s3_client(Settings(s3_endpoint_url="http://under_score:9000"))


def test_missing_credentials_mean_that_the_storage_is_unavailable(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    client = open_s3_client(Settings(s3_endpoint_url=s3_url))

    with pytest.raises(StorageUnavailable):
        list_bucket_names(client)
    close_s3_client(client)


def test_a_bucket_that_belongs_to_somebody_else_exists() -> None:
    """S3 answers 403 to whoever asks for it. The embedded S3 knows only one account."""
    s3 = FastAPI()

    @s3.head("/{bucket}", status_code=403)
    def forbid(bucket: str) -> None: ...

    with serve(s3) as url:
        client = open_s3_client(Settings(s3_endpoint_url=url))
        with pytest.raises(BucketExists):
            create_bucket(client, "photos")
        close_s3_client(client)


def test_closing_a_client_closes_its_connections() -> None:
    class CloseMe:
        closed = 0

        def close(self) -> None:
            self.closed += 1

    client = CloseMe()
    close_s3_client(cast(S3Client, client))

    assert client.closed == 1
