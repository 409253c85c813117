"""Exercise 05a: what each kind of provider makes and keeps."""

from steps.exercises import ex_05a_what_is_made_when as exercise
from tests.exercises.checks import expect


def made_by_calls(name: str, *calls_of_each_container: int) -> int:
    """Ask new containers for the service so many times; count what was made by that name."""
    exercise.made.clear()
    for calls in calls_of_each_container:
        container = exercise.Container()
        for _ in range(calls):
            container.service()
    return int(exercise.made.count(name))


def test_a_container_makes_nothing_before_somebody_asks() -> None:
    expect(
        "ENGINES_BEFORE_ANY_CALL",
        seen=exercise.ENGINES_BEFORE_ANY_CALL,
        expected=made_by_calls("engine", 0),
        why="A singleton is made when somebody first asks for it. "
        "So step 05 asks for its engine at the start, and a wrong setting shows at once.",
    )


def test_the_second_call_finds_the_engine_of_the_first() -> None:
    expect(
        "ENGINES_OF_TWO_CALLS",
        seen=exercise.ENGINES_OF_TWO_CALLS,
        expected=made_by_calls("engine", 2),
        why="Each call makes a new service, but the ThreadSafeSingleton below it keeps the engine.",
    )


def test_a_factory_is_called_for_each_part_that_needs_it() -> None:
    expect(
        "SESSIONS_OF_ONE_CALL",
        seen=exercise.SESSIONS_OF_ONE_CALL,
        expected=made_by_calls("session", 1),
        why="A Factory makes a new object for each part that needs one. "
        "The container has no cache like that of a request.",
    )


def test_each_container_has_an_engine_of_its_own() -> None:
    expect(
        "ENGINES_OF_TWO_CONTAINERS",
        seen=exercise.ENGINES_OF_TWO_CONTAINERS,
        expected=made_by_calls("engine", 1, 1),
        why="A ThreadSafeSingleton makes one object per container, not one per process. "
        "So two apps, or two tests, do not share an engine.",
    )
