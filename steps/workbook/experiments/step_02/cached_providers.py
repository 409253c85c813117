"""What `lru_cache` does with arguments, and which providers it cannot serve."""

from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, SecretStr

from steps.domain.settings import Settings


def two_hundred_regions_build_two_hundred_clients() -> dict[str, int]:
    @lru_cache
    def get_s3_client(region: str) -> object:
        return object()

    app = FastAPI()

    @app.get("/")
    def answer(s3_client: Annotated[object, Depends(get_s3_client)]) -> None: ...

    with TestClient(app) as client:
        for number in range(200):
            client.get("/", params={"region": f"region-{number}"})
    cached = get_s3_client.cache_info()
    return {"built": cached.misses, "kept": cached.currsize}


def a_keyword_is_another_key() -> int:
    """Ask for one region in two ways. Return how many clients there are."""

    @lru_cache
    def get_s3_client(region: str) -> object:
        return object()

    return len({get_s3_client("eu-central-1"), get_s3_client(region="eu-central-1")})


class ThawedSettings(BaseModel):
    database_url: str


def only_frozen_settings_can_be_an_argument() -> dict[str, object]:
    @lru_cache
    def get_engine(settings: Hashable) -> object:
        return object()

    first, equal, other = (Settings(database_url=SecretStr(f"sqlite:///{x}.db")) for x in "aab")
    try:
        get_engine(ThawedSettings(database_url="sqlite:///a.db"))
    except TypeError as error:
        refusal = str(error)
    return {
        "equal ones share an engine": get_engine(first) is get_engine(equal),
        "different ones share an engine": get_engine(first) is get_engine(other),
        "not frozen": refusal,
    }


def an_async_provider_works_once() -> list[str]:
    @lru_cache
    async def get_client() -> object:
        return object()

    return _two_requests(get_client)


def a_provider_with_yield_works_once() -> list[str]:
    @lru_cache
    def get_session() -> Iterator[object]:
        yield object()

    return _two_requests(get_session)


def _two_requests(provider: Callable[[], object]) -> list[str]:
    app = FastAPI()

    @app.get("/")
    def answer(made: Annotated[object, Depends(provider)]) -> None: ...

    answers = []
    for _ in range(2):
        try:
            answers.append(str(TestClient(app).get("/").status_code))
        except RuntimeError as error:
            answers.append(f"RuntimeError: {error}")
    return answers
