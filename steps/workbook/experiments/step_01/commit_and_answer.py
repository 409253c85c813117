"""Which comes first in each scope, the commit or the answer, and who hears of its failure."""

from collections import Counter
from collections.abc import Callable, Iterator
from threading import Event
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from steps.workbook.world.databases import count_users, new_user, plain_engine
from steps.workbook.world.serving import client_of, serve, server_log

PATIENCE_S = 10
"""Seconds after which a request of a failed experiment stops waiting."""


def sign_up_app(engine: Engine, commit: Callable[[Session], None]) -> FastAPI:
    """Return an app with the same sign-up twice: only the scope of the session differs."""

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            commit(session)

    default, function = Depends(get_session), Depends(get_session, scope="function")
    app = FastAPI()

    @app.post("/default-scope/{name}", status_code=201)
    def sign_up(name: str, session: Annotated[Session, default]) -> None:
        session.add(new_user(name))

    @app.post("/function-scope/{name}", status_code=201)
    def sign_up_safely(name: str, session: Annotated[Session, function]) -> None:
        session.add(new_user(name))

    return app


def default_scope_answers_before_the_commit() -> dict[str, int]:
    client_has_looked = Event()

    def commit(session: Session) -> None:
        client_has_looked.wait(PATIENCE_S)
        session.commit()

    with plain_engine() as engine:
        with serve(sign_up_app(engine, commit)) as url, client_of(url) as client:
            status = client.post("/default-scope/ada").status_code
            rows = count_users(engine)
            client_has_looked.set()
        return {"status": status, "rows at the answer": rows, "rows later": count_users(engine)}


def function_scope_commits_before_the_answer() -> dict[str, int]:
    with plain_engine() as engine:
        app = sign_up_app(engine, Session.commit)
        with serve(app) as url, client_of(url) as client:
            status = client.post("/function-scope/ada").status_code
            return {"status": status, "rows at the answer": count_users(engine)}


def status_when_the_commit_fails() -> dict[str, int]:
    seen: dict[str, int] = {}
    with plain_engine() as engine, server_log():
        for error in (OSError("disk full"), HTTPException(507)):

            def commit(_: Session, error: Exception = error) -> None:
                raise error

            with serve(sign_up_app(engine, commit)) as url, client_of(url) as client:
                for scope in ("default-scope", "function-scope"):
                    status = client.post(f"/{scope}/ada").status_code
                    seen[f"{scope}, {type(error).__name__}"] = status
        return {**seen, "rows": count_users(engine)}


def commit_or_conflict(session: Session) -> None:
    try:
        session.commit()
    except IntegrityError as error:
        raise HTTPException(409) from error


def twenty_sign_ups_with_ten_emails() -> dict[str, dict[str, int]]:
    seen: dict[str, dict[str, int]] = {}
    for scope in ("default-scope", "function-scope"):
        statuses: Counter[str] = Counter()
        with plain_engine() as engine, server_log() as errors:
            app = sign_up_app(engine, commit_or_conflict)
            with serve(app) as url, client_of(url) as client:
                for number in range(20):
                    answer = client.post(f"/{scope}/user{number % 10}")
                    statuses[f"status {answer.status_code}"] += 1
            seen[scope] = {**statuses, "rows": count_users(engine), "logged errors": len(errors)}
    return seen


def the_test_client_waits_for_the_commit() -> dict[str, int]:
    with plain_engine() as engine:
        app = sign_up_app(engine, Session.commit)
        status = TestClient(app).post("/default-scope/ada").status_code
        return {"status": status, "rows at the answer": count_users(engine)}


def the_test_client_raises_what_no_real_client_sees() -> dict[str, str]:
    def commit(_: Session) -> None:
        raise OSError("disk full")

    with plain_engine() as engine, server_log():
        app = sign_up_app(engine, commit)
        with serve(app) as url, client_of(url) as client:
            seen = {"real client": str(client.post("/default-scope/ada").status_code)}
        try:
            seen["TestClient"] = str(TestClient(app).post("/default-scope/ada").status_code)
        except OSError as error:
            seen["TestClient"] = repr(error)
    return seen
