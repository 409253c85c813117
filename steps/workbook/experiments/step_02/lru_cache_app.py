"""The smallest app with an `lru_cache` singleton, to be served by several workers."""

import os
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI


@lru_cache
def get_engine() -> object:
    return object()


app = FastAPI()


@app.get("/")
def report(_: Annotated[object, Depends(get_engine)]) -> tuple[int, int]:
    """Return the number of the process, and how many engines it has built so far."""
    return os.getpid(), get_engine.cache_info().misses
