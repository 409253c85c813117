"""Option B: singletons of a module, each made once, when somebody first asks for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock
from typing import TypeVar

from sqlalchemy import Engine

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.infrastructure.object_storage import S3Client, open_s3_client
from steps.workbook.experiments.step_09.option_parts import BucketCounter, UserCounter

Made = TypeVar("Made")


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    lock, keep = RLock(), cache(make)

    def get() -> Made:
        with lock:  # whoever comes first makes it, and the others wait
            return keep()

    return get


@once
def get_engine() -> Engine:
    return open_engine(load_settings())


@once
def get_s3_client() -> S3Client:
    return open_s3_client(load_settings())


class Summary:
    def __call__(self) -> str:
        users, buckets = UserCounter(get_engine()), BucketCounter(get_s3_client())
        return f"{users.count()} users, {buckets.count()} buckets"


@contextmanager
def run() -> Iterator[Summary]:
    yield Summary()
