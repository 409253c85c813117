"""Option C: a framework keeps the parts, finds who needs what, and opens and closes them."""

from collections.abc import Iterator
from contextlib import contextmanager

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Dependency, Factory, Resource
from sqlalchemy import Engine

from steps.domain.settings import Settings, load_settings
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client
from steps.workbook.experiments.step_09.option_parts import BucketCounter, Summary, UserCounter


def engine_resource(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings)
    yield engine
    engine.dispose()


def s3_client_resource(settings: Settings) -> Iterator[S3Client]:
    s3_client = open_s3_client(settings)
    yield s3_client
    close_s3_client(s3_client)


class Container(DeclarativeContainer):
    settings = Dependency(instance_of=Settings)
    engine = Resource(engine_resource, settings)
    s3_client = Resource(s3_client_resource, settings)
    users = Factory(UserCounter, engine)
    buckets = Factory(BucketCounter, s3_client)
    summary = Factory(Summary, users, buckets)


@contextmanager
def run() -> Iterator[Summary]:
    container = Container(settings=load_settings())
    try:
        container.init_resources()
        yield container.summary()
    finally:
        container.shutdown_resources()
