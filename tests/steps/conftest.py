"""What tests over several steps share: a database of their own, and no S3."""

from collections.abc import Iterator
from types import SimpleNamespace

import boto3
import pytest

from steps.workbook.world.environment import new_database


class NoS3:
    """A client of an empty S3. A real one takes longer than all else at the start of an app."""

    def list_buckets(self) -> dict[str, list[dict[str, str]]]:
        return {"Buckets": []}

    def close(self) -> None: ...


@pytest.fixture
def own_database() -> Iterator[None]:
    with new_database():
        yield


@pytest.fixture
def no_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(client=lambda *_, **__: NoS3())
    monkeypatch.setattr(boto3, "Session", lambda: session)
