"""Exercise 12a: what every process takes from a database."""

from steps.exercises import ex_12a_how_many_connections as exercise
from tests.exercises.checks import expect

POOL_SIZE, MAX_CONNECTIONS = 15, 100


def test_each_web_process_has_a_pool() -> None:
    expect(
        "WEB",
        seen=exercise.WEB,
        expected=4 * POOL_SIZE,
        why="An engine and its pool belong to one process. `--workers 4` starts four.",
    )


def test_the_parent_of_a_worker_opens_nothing() -> None:
    expect(
        "WEB_AND_WORKER",
        seen=exercise.WEB_AND_WORKER,
        expected=4 * POOL_SIZE + 2 * 1,
        why="A child works on one task at a time, so it has one connection, however large its "
        "pool is. The parent has none: nothing is opened before the fork.",
    )


def test_a_pool_fits_as_a_whole_or_not() -> None:
    expect(
        "MOST_WEB_PROCESSES",
        seen=exercise.MOST_WEB_PROCESSES,
        expected=MAX_CONNECTIONS // POOL_SIZE,
        why="A web process that is busy takes its whole pool. The one after the last that fits is "
        "refused a connection now and then.",
    )
