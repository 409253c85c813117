"""The calls about buckets. Whoever creates one needs a key."""

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import APIKeyHeader

from steps.domain import ports
from steps.domain.errors import InvalidApiKey
from steps.domain.schemas import BucketOut, NewBucket

from .config import Config

ApiKey = Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))]


class BucketHandler:
    def __init__(
        self, buckets: Callable[[], ports.BucketRepository], config: Callable[[], Config]
    ) -> None:
        self._buckets = buckets
        self._config = config

    def register_routes(self, router: APIRouter) -> None:
        key = Depends(self.require_api_key)
        router.get("/buckets")(self.list_buckets)
        router.post("/buckets", status_code=201, dependencies=[key])(self.create_bucket)

    def list_buckets(self) -> list[str]:
        return self._buckets().list_names()

    def create_bucket(self, new_bucket: NewBucket) -> BucketOut:
        self._buckets().add(new_bucket.name)
        return BucketOut(name=new_bucket.name)

    async def require_api_key(self, sent: ApiKey) -> None:
        api_key = self._config().api_key
        expected = api_key.get_secret_value() if api_key else None
        if not (sent and expected and secrets.compare_digest(sent.encode(), expected.encode())):
            raise InvalidApiKey
