"""What callers of /users and /login can rely on in every step."""

import httpx2
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.contract.service import Service

ADA = {"email": "ada@example.com", "password": "correct horse"}


def test_a_sign_up_answers_with_the_new_user_and_writes_user_and_event(service: Service) -> None:
    answer = service.client.post("/users", json=ADA)

    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "email": "ada@example.com"}
    assert service.database.rows() == (1, 1)


def test_a_taken_email_is_a_conflict_and_writes_nothing(service: Service) -> None:
    service.client.post("/users", json=ADA)

    answer = service.client.post("/users", json=ADA | {"password": "another horse"})

    assert answer.status_code == 409
    assert answer.json() == {"detail": "This email is already registered."}
    assert service.database.rows() == (1, 1)


def test_emails_are_compared_without_case(client: httpx2.Client) -> None:
    assert client.post("/users", json=ADA | {"email": "Ada@Example.COM"}).status_code == 201

    assert client.post("/users", json=ADA | {"email": "aDa@example.com"}).status_code == 409
    assert client.post("/login", json=ADA | {"email": "ADA@example.com"}).status_code == 200


def test_the_right_password_logs_in(client: httpx2.Client) -> None:
    user = client.post("/users", json=ADA).json()

    answer = client.post("/login", json=ADA)

    assert (answer.status_code, answer.json()) == (200, user)


def test_an_unknown_email_and_a_wrong_password_get_the_same_answer(client: httpx2.Client) -> None:
    client.post("/users", json=ADA)

    wrong = client.post("/login", json=ADA | {"password": "wrong horse"})
    unknown = client.post("/login", json=ADA | {"email": "eve@example.com"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json() == {"detail": "The email or the password is wrong."}


def test_an_unknown_email_costs_as_much_hashing_as_a_wrong_password(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the time of the answer does not tell which emails are registered."""
    client.post("/users", json=ADA)
    verifications: list[str] = []
    verify = Argon2Hasher.verify

    def note(hasher: Argon2Hasher, password: str | bytes, password_hash: str | bytes) -> bool:
        verifications.append(str(password))
        return verify(hasher, password, password_hash)

    monkeypatch.setattr(Argon2Hasher, "verify", note)

    client.post("/login", json=ADA | {"password": "wrong"})
    client.post("/login", json=ADA | {"password": "unknown", "email": "eve@example.com"})

    assert verifications == ["wrong", "unknown"]


@pytest.mark.parametrize("password", ["x", "wrong horse"])
def test_a_wrong_password_is_wrong_however_short(client: httpx2.Client, password: str) -> None:
    client.post("/users", json=ADA)

    assert client.post("/login", json=ADA | {"password": password}).status_code == 401


def test_a_user_is_found_by_id(client: httpx2.Client) -> None:
    user = client.post("/users", json=ADA).json()

    answer = client.get(f"/users/{user['id']}")

    assert (answer.status_code, answer.json()) == (200, user)


def test_a_users_events_tell_of_the_sign_up(client: httpx2.Client) -> None:
    user = client.post("/users", json=ADA).json()

    answer = client.get(f"/users/{user['id']}/events")

    assert answer.status_code == 200
    assert [event["action"] for event in answer.json()] == ["signed up"]
    assert answer.json()[0]["at"].endswith("Z")


def test_events_of_another_user_stay_away(client: httpx2.Client) -> None:
    users = [
        client.post("/users", json=ADA | {"email": f"user{n}@example.com"}).json() for n in (1, 2)
    ]

    events = [client.get(f"/users/{user['id']}/events").json() for user in users]

    assert [len(of_user) for of_user in events] == [1, 1]
    assert events[0][0]["id"] != events[1][0]["id"]


@pytest.mark.parametrize("path", ["/users/{}", "/users/{}/events"])
def test_an_unknown_id_is_not_found(client: httpx2.Client, path: str) -> None:
    unknown = client.post("/users", json=ADA).json()["id"] + 1

    answer = client.get(path.format(unknown))

    assert answer.status_code == 404
    assert answer.json() == {"detail": "There is no user with this id."}
