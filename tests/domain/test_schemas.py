"""What the schemas let in."""

import pytest
from pydantic import ValidationError

from steps.domain.entities import User
from steps.domain.schemas import NewBucket, NewUser


@pytest.mark.parametrize("name", ["abc", "my-bucket", "a.b.c", "1st", "a" * 63])
def test_a_name_that_s3_allows_is_allowed(name: str) -> None:
    assert NewBucket(name=name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 64,
        "Capital",
        "under_score",
        "-dash",
        "dash-",
        ".dot",
        "two..dots",
        "192.168.0.1",
        "xn--abc",
        "abc-s3alias",
        "a\0bc",
        "abc\n",
        "bücher",
    ],
)
def test_a_name_that_s3_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NewBucket(name=name)


def test_a_password_does_not_show_when_a_sign_up_is_printed() -> None:
    new_user = NewUser.model_validate({"email": "ada@example.com", "password": "correct horse"})

    assert "correct horse" not in f"{new_user!r} {new_user} {new_user.model_dump_json()}"
    assert new_user.password.get_secret_value() == "correct horse"


def test_a_password_hash_does_not_show_when_a_user_is_printed() -> None:
    user = User(id=1, email="ada@example.com", password_hash="a-secret-hash")

    assert "a-secret-hash" not in f"{user!r} {user}"
