"""What closes an object is pushed right after the object is opened, so there is no moment at
which it is open and nobody will close it. The `yield` stands inside the stack's block: a
failed start, a stop and an error all leave that block, and each takes the pile down from
the top. A close that fails does not stop that: the stack closes the others, and then raises.
The error itself goes on, so you still learn why the app did not start.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

Open = Callable[[], Any]


def create_app(open_engine: Open, open_s3_client: Open) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            engine = open_engine()
            stack.callback(engine.dispose)
            s3_client = open_s3_client()
            stack.callback(s3_client.close)
            app.state.engine, app.state.s3_client = engine, s3_client
            yield

    return FastAPI(lifespan=lifespan)
