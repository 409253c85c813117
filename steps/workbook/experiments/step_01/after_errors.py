"""What still runs when a request ends in an error."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient


def traced_app(trace: list[str]) -> FastAPI:
    """Return an app that ends a request as it is told, and notes what its provider does."""

    def provider(page: int = 1) -> Iterator[None]:
        trace.append("opened")
        try:
            yield
            trace.append("after the yield")
        finally:
            trace.append("finally")

    app = FastAPI(dependencies=[Depends(provider)])

    @app.post("/", response_model=int)
    def endpoint(end: Annotated[str, Body(embed=True)]) -> object:
        if isinstance(outcome := OUTCOMES[end], Exception):
            raise outcome
        return outcome

    return app


OUTCOMES: dict[str, object] = {
    "return 1": 1,
    "return 400": JSONResponse({}, 400),
    "raise 404": HTTPException(404),
    "raise ValueError": ValueError(),
    "return no int": "no int",
}
BAD_REQUESTS: dict[str, dict[str, Any]] = {
    "body without its field": {"json": {}},
    "body that is no JSON": {"content": "{", "headers": {"Content-Type": "application/json"}},
    "bad parameter of the provider": {"json": {"end": "return 1"}, "params": {"page": "one"}},
}


def what_runs_after_a_yield() -> dict[str, str]:
    trace: list[str] = []
    seen: dict[str, str] = {}
    client = TestClient(traced_app(trace), raise_server_exceptions=False)
    for end, request in ({end: {"json": {"end": end}} for end in OUTCOMES} | BAD_REQUESTS).items():
        status = client.post("/", **request).status_code
        seen[end] = f"{status}: {', '.join(trace) or 'never opened'}"
        trace.clear()
    return seen
