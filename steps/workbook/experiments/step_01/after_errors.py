"""What still runs when a request ends in an error."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from steps.infrastructure.tables import UserRow
from steps.workbook.world.databases import connections_in_use, plain_engine


def by_hand_an_error_skips_the_close() -> dict[str, int]:
    sessions: list[Session] = []  # keeps them from the garbage collector
    app = FastAPI()
    with plain_engine() as engine:

        @app.get("/users/{user_id}")
        def get_user(user_id: int) -> str:
            session = Session(engine)
            sessions.append(session)
            user = session.get(UserRow, user_id)
            if user is None:
                raise HTTPException(404)
            session.close()
            return user.email

        status = TestClient(app).get("/users/1").status_code
        held = connections_in_use(engine)
        sessions[0].close()
    return {"status": status, "connections still in use": held}


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
