"""Exercise 02a: the arguments are the key, and a cache closes nothing."""

from collections.abc import Iterator

import pytest

from steps.exercises import ex_02a_what_makes_two_calls_the_same as exercise
from tests.exercises.checks import expect


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    exercise.get_s3_client.cache_clear()
    exercise.open_clients.clear()
    yield
    exercise.get_s3_client.cache_clear()


def test_each_new_argument_builds_a_client() -> None:
    for region in ("eu", "us", "eu", "ap"):
        exercise.get_s3_client(region)
    expect(
        "OPEN_AFTER_FOUR_CALLS",
        seen=exercise.OPEN_AFTER_FOUR_CALLS,
        expected=len(exercise.open_clients),
        why="The arguments of a call are its key: a key that is new builds a client, "
        "a key that was there before finds the one that is stored.",
    )


def test_a_keyword_is_another_key() -> None:
    exercise.get_s3_client("eu")
    exercise.get_s3_client(region="eu")
    expect(
        "OPEN_AFTER_A_KEYWORD",
        seen=exercise.OPEN_AFTER_A_KEYWORD,
        expected=len(exercise.open_clients),
        why='The key is how the call is written: "eu" and region="eu" are two keys. FastAPI '
        "gives arguments by keyword, so a script that gives them by position builds its own.",
    )


def test_clearing_the_cache_closes_nothing() -> None:
    for region in ("eu", "us"):
        exercise.get_s3_client(region)
    exercise.get_s3_client.cache_clear()
    for region in ("eu", "us"):
        exercise.get_s3_client(region)
    expect(
        "OPEN_AFTER_CACHE_CLEAR",
        seen=exercise.OPEN_AFTER_CACHE_CLEAR,
        expected=len(exercise.open_clients),
        why="cache_clear() empties the dictionary; it calls no close(). What was in it stays "
        "open, and now nobody can find it to close it.",
    )
