"""The calls about buckets. Whoever creates one needs a key."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends

from steps.domain import ports
from steps.domain.schemas import BucketOut, NewBucket


class BucketHandler:
    def __init__(
        self,
        buckets: Callable[[], ports.BucketRepository],
        require_api_key: Callable[..., Awaitable[None]],
    ) -> None:
        self._buckets = buckets
        self._require_api_key = require_api_key

    def register_routes(self, router: APIRouter) -> None:
        key = Depends(self._require_api_key)
        router.get("/buckets")(self.list_buckets)
        router.post("/buckets", status_code=201, dependencies=[key])(self.create_bucket)

    def list_buckets(self) -> list[str]:
        return self._buckets().list_names()

    def create_bucket(self, new_bucket: NewBucket) -> BucketOut:
        self._buckets().add(new_bucket.name)
        return BucketOut(name=new_bucket.name)
