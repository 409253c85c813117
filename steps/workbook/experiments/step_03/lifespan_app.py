"""The smallest app with a lifespan, to be served by several workers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    print("core opened", flush=True)
    yield


app = FastAPI(lifespan=lifespan)
