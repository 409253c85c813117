"""The answers that no step writes itself."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from steps.domain.errors import AccountsError
from steps.web.errors import STATUS, install_error_handlers


def test_every_error_of_the_service_has_a_status() -> None:
    assert set(STATUS) == set(AccountsError.__subclasses__())


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
