"""What callers of /buckets and /health can rely on in every step."""

import httpx2

from tests.contract.service import Service


def test_buckets_that_are_created_are_listed(
    client: httpx2.Client, api_key: dict[str, str]
) -> None:
    assert client.get("/buckets").json() == []

    answer = client.post("/buckets", json={"name": "holiday-photos"}, headers=api_key)

    assert (answer.status_code, answer.json()) == (201, {"name": "holiday-photos"})
    assert client.get("/buckets").json() == ["holiday-photos"]


def test_without_the_right_key_nobody_creates_a_bucket(client: httpx2.Client) -> None:
    keys: list[dict[str, str | bytes]] = [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "wrong"},
        {"X-API-Key": b"k\xfcche"},
    ]

    answers = [client.post("/buckets", json={"name": "photos"}, headers=key) for key in keys]  # type: ignore[arg-type]

    assert {answer.status_code for answer in answers} == {401}
    assert all("X-API-Key" in answer.json()["detail"] for answer in answers)
    assert client.get("/buckets").json() == []


def test_an_existing_bucket_is_a_conflict(client: httpx2.Client, api_key: dict[str, str]) -> None:
    client.post("/buckets", json={"name": "holiday-photos"}, headers=api_key)

    answer = client.post("/buckets", json={"name": "holiday-photos"}, headers=api_key)

    assert answer.status_code == 409
    assert answer.json() == {"detail": "A bucket with this name exists."}


def test_a_name_that_s3_would_refuse_is_invalid(
    client: httpx2.Client, api_key: dict[str, str]
) -> None:
    answers = [
        client.post("/buckets", json={"name": name}, headers=api_key)
        for name in ("two..dots", "a\0bc", 7)
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert client.get("/buckets").json() == []


def test_health_tells_the_step_and_the_state_of_the_database(service: Service) -> None:
    answer = service.client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"step": service.step.number, "database": "ok"}
