"""Option A: a container opens and closes, and an app puts together what it holds."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from steps.domain.settings import Settings, load_settings
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import S3Client, close_s3_client, open_s3_client
from steps.workbook.experiments.step_09.option_parts import BucketCounter, Summary, UserCounter


@dataclass(frozen=True)
class InfraContainer:
    engine: Engine
    s3_client: S3Client


@contextmanager
def open_container(settings: Settings) -> Iterator[InfraContainer]:
    with ExitStack() as stack:
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        s3_client = open_s3_client(settings)
        stack.callback(close_s3_client, s3_client)
        yield InfraContainer(engine, s3_client)


class App:
    def __init__(self, infra: InfraContainer) -> None:
        self.summary = Summary(UserCounter(infra.engine), BucketCounter(infra.s3_client))


@contextmanager
def run() -> Iterator[Summary]:
    with open_container(load_settings()) as infra:
        yield App(infra).summary
