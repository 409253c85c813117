"""The second heavy object: a boto3 client for S3 with its pool of connections."""

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import EnvProvider
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    InvalidRegionError,
    ProfileNotFound,
)
from botocore.utils import (
    is_valid_endpoint_url,
    is_valid_ipv6_endpoint_url,
    validate_region_name,
)

from steps.domain.errors import BucketExists, ConfigurationError, StorageUnavailable
from steps.domain.settings import Settings
from steps.infrastructure.announcements import announce

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client as S3Client
else:
    from botocore.client import BaseClient as S3Client


def check_s3_endpoint_url(url: str) -> None:
    """Raise ConfigurationError for a URL that boto3 refuses, such as one with a_name."""
    if not (is_valid_endpoint_url(url) or is_valid_ipv6_endpoint_url(url)):
        raise ConfigurationError("S3_ENDPOINT_URL: boto3 refuses this URL")


def problems_of_aws_variables() -> list[str]:
    """Return a line for a profile and a region that boto3 would refuse.

    If these are right, a line for the first of all else that it would refuse in `AWS_*` and in its
    files, in its words. Nothing connects.
    """
    session = botocore.session.Session()
    problems = []
    try:
        if session.profile and session.profile not in session.available_profiles:
            problems.append("AWS_PROFILE: there is no such profile")
        validate_region_name(session.get_config_variable("region"))
        if not problems:
            EnvProvider().load()  # refuses half a key
            # With keys in hand, no client looks for any: that may ask the network.
            session.create_client(
                "s3",
                aws_access_key_id="none",
                aws_secret_access_key="none",  # noqa: S106
                config=_client_config(),
            ).close()
    except InvalidRegionError:
        problems.append("AWS_DEFAULT_REGION: this cannot be the name of a region")
    except ProfileNotFound:
        pass  # the profile would have told the region
    except (BotoCoreError, ValueError) as error:
        problems.append(f"S3: {error}")
    return problems


def open_s3_client(settings: Settings) -> S3Client:
    """Return a client for `settings.s3_endpoint_url`. Nothing connects before its first call.

    Credentials and region come from where boto3 looks for them (`AWS_*`). Each client has a
    boto3 session of its own, because making clients from a shared one is not thread-safe.
    Close it with `close_s3_client`. Raises ConfigurationError for settings boto3 refuses.
    """
    try:
        client = boto3.Session().client(
            "s3",
            endpoint_url=settings.s3_endpoint_url,
            config=_client_config(),
        )
    except BotoCoreError as error:
        raise ConfigurationError(f"S3: {error}") from None
    except ValueError:
        raise ConfigurationError("S3_ENDPOINT_URL: boto3 refuses this URL") from None
    announce("opened", "S3 client", client)
    return client


def _client_config() -> Config:
    """Return a new one: botocore notes in it what the environment says."""
    return Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"total_max_attempts": 2},
        s3={"addressing_style": "path"},
    )


def close_s3_client(client: S3Client) -> None:
    """Close the client's connections. Closing twice is harmless."""
    client.close()
    announce("closed", "S3 client", client)


def list_bucket_names(client: S3Client) -> list[str]:
    """Return the names of all buckets. Raises StorageUnavailable when S3 gives no answer."""
    try:
        return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable from error


def create_bucket(client: S3Client, name: str) -> None:
    """Create a bucket in the client's region.

    Raises BucketExists, whoever owns that bucket, and StorageUnavailable. S3 is asked first
    because us-east-1, unlike other regions, answers 200 when you create your own bucket again.
    """
    try:
        if _bucket_exists(client, name):
            raise BucketExists
        if client.meta.region_name == "us-east-1":
            client.create_bucket(Bucket=name)
        else:
            region = cast(Any, client.meta.region_name)  # the stubs know only today's regions
            client.create_bucket(
                Bucket=name, CreateBucketConfiguration={"LocationConstraint": region}
            )
    except (client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
        raise BucketExists from None
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable from error


def put_object(client: S3Client, bucket: str, name: str, content: bytes) -> None:
    """Write an object at once: readers find the old one or the new one, never a part of it.

    Creates the bucket if it is missing. Raises StorageUnavailable.
    """
    try:
        try:
            client.put_object(Bucket=bucket, Key=name, Body=content)
        except client.exceptions.NoSuchBucket:
            with suppress(BucketExists):  # somebody else may create it right now
                create_bucket(client, bucket)
            client.put_object(Bucket=bucket, Key=name, Body=content)
    except (BotoCoreError, ClientError) as error:
        raise StorageUnavailable from error


def _bucket_exists(client: S3Client, name: str) -> bool:
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == HTTPStatus.NOT_FOUND:
            return False
        if status != HTTPStatus.FORBIDDEN:  # forbidden: it exists and belongs to somebody else
            raise
    return True
