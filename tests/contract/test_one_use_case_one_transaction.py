"""A sign-up writes a user and an audit event: both or neither."""

import pytest

from tests.contract.service import Service

ADA = {"email": "ada@example.com", "password": "correct horse"}
LAST = {"Connection": "close"}  # uvicorn closes it after an unhandled exception, sooner or later


@pytest.fixture(autouse=True)
def _flaw_of_the_session_decorator(service: Service, request: pytest.FixtureRequest) -> None:
    if service.step.transaction == "method":
        reason = "each repository method is a transaction of its own; step 07 repairs this"
        request.applymarker(pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True))


def test_a_sign_up_whose_audit_event_fails_leaves_no_user(service: Service) -> None:
    with service.database.refusing_audit_events():
        answer = service.client.post("/users", json=ADA, headers=LAST)

    assert answer.status_code == 500
    assert service.database.rows() == (0, 0)


def test_a_sign_up_that_failed_can_be_tried_again(service: Service) -> None:
    with service.database.refusing_audit_events():
        service.client.post("/users", json=ADA, headers=LAST)

    assert service.client.post("/users", json=ADA).status_code == 201
    assert service.database.rows() == (1, 1)
