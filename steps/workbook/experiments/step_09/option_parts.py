"""What the four options of notebook 09 have to put together: two heavy parts and a use case."""

from typing import Protocol

from sqlalchemy import Engine, func, select

from steps.infrastructure.object_storage import S3Client, list_bucket_names
from steps.infrastructure.tables import UserRow


class Counter(Protocol):
    def count(self) -> int: ...


class UserCounter:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(UserRow)) or 0


class BucketCounter:
    def __init__(self, s3_client: S3Client) -> None:
        self._s3_client = s3_client

    def count(self) -> int:
        return len(list_bucket_names(self._s3_client))


class S3WithSevenBuckets:
    """Stands for the S3 client in a test."""

    def list_buckets(self) -> dict[str, list[dict[str, str]]]:
        return {"Buckets": [{"Name": f"photos-{number}"} for number in range(7)]}

    def close(self) -> None: ...


class Summary:
    """The use case. It names what it needs, and nothing else."""

    def __init__(self, users: Counter, buckets: Counter) -> None:
        self._users, self._buckets = users, buckets

    def __call__(self) -> str:
        return f"{self._users.count()} users, {self._buckets.count()} buckets"
