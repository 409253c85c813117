"""Bad input gets a status and a `detail`, writes nothing and is never repeated."""

import json

import httpx2
import pytest

from tests.contract.service import Service

SECRET = "correct horse battery staple"  # nosec: made up
JSON = {"Content-Type": "application/json"}

MALFORMED = {
    "nothing": b"",
    "half an object": b"{",
    "text": b"hello",
    "not UTF-8": b'{"email": "\xff"}',
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "a huge number": b'{"email": ' + b"9" * 5000 + b"}",
    "a lone surrogate": b'{"email": "ada@example.com", "password": "\\ud800aaaaaaaa"}',
    "nested too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("path", ["/users", "/login"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_body_is_invalid(service: Service, path: str, body: bytes) -> None:
    answer = service.client.post(path, content=body, headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert service.database.rows() == (0, 0)


INVALID = {
    "no email": {"password": SECRET},
    "no password": {"email": "ada@example.com"},
    "a number as email": {"email": 7, "password": SECRET},
    "a list as password": {"email": "ada@example.com", "password": [SECRET]},
    "null as password": {"email": "ada@example.com", "password": None},
    "no at sign": {"email": "ada", "password": SECRET},
    "a NUL in the email": {"email": "a\0da@example.com", "password": SECRET},
    "a long email": {"email": "a" * 300 + "@example.com", "password": SECRET},
    "a password of 1 MB": {"email": "ada@example.com", "password": SECRET * 40_000},
}


@pytest.mark.parametrize("path", ["/users", "/login"])
@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID.keys())
def test_an_invalid_field_is_named_and_the_password_not_repeated(
    service: Service, path: str, body: dict[str, object]
) -> None:
    answer = service.client.post(path, content=json.dumps(body), headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][1] in ("email", "password")
    assert SECRET not in answer.text
    assert service.database.rows() == (0, 0)


def test_a_short_password_is_invalid_at_sign_up(service: Service) -> None:
    answer = service.client.post("/users", json={"email": "ada@example.com", "password": "7 chars"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"] == "String should have at least 8 characters"
    assert service.database.rows() == (0, 0)


@pytest.mark.parametrize("user_id", ["abc", "0", "-1", "1.5", "9" * 30, "9" * 5000, "%00"])
def test_what_can_be_no_id_is_invalid(client: httpx2.Client, user_id: str) -> None:
    answer = client.get(f"/users/{user_id}")

    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_an_unknown_path_and_a_wrong_method_answer_with_a_detail(client: httpx2.Client) -> None:
    unknown, wrong = client.get("/nowhere"), client.delete("/users")

    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
