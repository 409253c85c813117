"""Passwords are kept as OWASP asks for."""

from steps.infrastructure.passwords import DECOY_HASH, PasswordHasher


def test_a_hash_says_nothing_but_verifies() -> None:
    hasher = PasswordHasher()
    password_hash = hasher.hash("correct horse")

    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.verify("correct horse", password_hash)
    assert not hasher.verify("wrong horse", password_hash)


def test_the_same_password_has_another_hash_each_time() -> None:
    hasher = PasswordHasher()

    assert hasher.hash("correct horse") != hasher.hash("correct horse")


def test_nobody_logs_in_as_an_unknown_user_and_the_decoy_costs_the_same() -> None:
    hasher = PasswordHasher()

    assert not hasher.verify("correct horse", None)
    assert DECOY_HASH.split("$")[1:4] == hasher.hash("correct horse").split("$")[1:4]
