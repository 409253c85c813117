"""Everything that lives as long as the app, opened in order and closed in reverse."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from steps.domain.settings import Settings
from steps.infrastructure.database import check_database, open_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client


@dataclass(frozen=True)
class Core:
    settings: Settings
    engine: Engine
    s3_client: S3Client


@contextmanager
def open_core(settings: Settings) -> Iterator[Core]:
    with ExitStack() as stack:
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        check_database(engine)
        s3_client = open_s3_client(settings)
        stack.callback(close_s3_client, s3_client)
        yield Core(settings, engine, s3_client)
