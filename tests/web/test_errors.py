"""The answers that no step writes itself."""

import logging

import pytest
from fastapi import FastAPI
from fastapi.exceptions import HTTPException
from fastapi.testclient import TestClient

from steps.domain import errors
from steps.domain.errors import AccountsError, EmailTaken, OutcomeUnknown
from steps.web.errors import STATUS, install_error_handlers
from steps.workbook.catalogue import STEPS, Step

UNREADABLE = "There was an error parsing the body"


class EmailTakenTwice(EmailTaken): ...


class NobodyKnows(OutcomeUnknown): ...


class WithoutStatus(AccountsError): ...


def test_every_error_of_the_service_has_a_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]

    assert set(STATUS) == {k for k in kinds if issubclass(k, AccountsError)} - {AccountsError}


def test_an_unexpected_error_tells_the_caller_nothing() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise RuntimeError("s3cret")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/")

    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal Server Error"}


def wrong_colour(words: str) -> HTTPException:
    return HTTPException(400, words, headers={"X-Colours": "red, blue"})


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_status_that_is_raised_on_purpose_stays(step: Step) -> None:
    app = step.create_app()

    @app.post("/colours")
    def choose(colour: dict[str, str]) -> None:
        try:
            int(colour["name"])
        except ValueError as error:
            raise wrong_colour(colour["name"]) from error

    client = TestClient(app)  # without `with`: this route needs nothing that is open
    for words in ("no such colour", UNREADABLE):
        answer = client.post("/colours", json={"name": words})
        assert (answer.status_code, answer.json()) == (400, {"detail": words})
        assert answer.headers["X-Colours"] == "red, blue"
    json = {"Content-Type": "application/json"}
    unreadable = client.post("/colours", content=b"[" * 100_000, headers=json)
    assert unreadable.status_code == 422


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (EmailTakenTwice(), 409, "This email is already registered."),
        (NobodyKnows(), 500, "The database did not say whether this was done."),
        (WithoutStatus("s3cret"), 500, "Internal Server Error"),
        (AccountsError("s3cret"), 500, "Internal Server Error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_no_row_names_answers_as_its_nearest_ancestor_or_with_500(
    error: AccountsError, status: int, detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def refuse() -> None:
        raise error

    with caplog.at_level(logging.ERROR, "uvicorn.error"):
        answer = TestClient(app).get("/")

    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    lines = [record.getMessage() for record in caplog.records]
    assert [str(error) in line for line in lines] == ([True] if status == 500 else [])
