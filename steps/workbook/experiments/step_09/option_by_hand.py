"""Option D: constructors take what they need, and the functions above them hand it down."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client
from steps.workbook.experiments.step_09.option_parts import BucketCounter, Summary, UserCounter


def make_buckets(s3_client: S3Client) -> BucketCounter:
    return BucketCounter(s3_client)


def make_summary(engine: Engine, s3_client: S3Client) -> Summary:
    return Summary(UserCounter(engine), make_buckets(s3_client))


def make_handlers(engine: Engine, s3_client: S3Client) -> dict[str, Summary]:
    return {"GET /summary": make_summary(engine, s3_client)}


def make_server(engine: Engine, s3_client: S3Client) -> dict[str, Summary]:
    return make_handlers(engine, s3_client)


@contextmanager
def run() -> Iterator[Summary]:
    settings = load_settings()
    engine = open_engine(settings)
    try:
        s3_client = open_s3_client(settings)
        try:
            yield make_server(engine, s3_client)["GET /summary"]
        finally:
            close_s3_client(s3_client)
    finally:
        engine.dispose()
