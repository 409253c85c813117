"""What of step 08 is awaited, and what its container makes."""

from steps.workbook.experiments.step_08 import async_container
from tests.often_said import often_said


@often_said(
    "With an async engine everything becomes `async def`.",
    "never held",
    "In step 08 two of seven functions in the routes stay plain.",
    step=8,
)
def test_what_never_waits_stays_a_plain_function() -> None:
    before, after = map(async_container.functions_that_are_async, (7, 8))
    assert set(before) == set(after)
    assert before["services.py"] == "0 of 6"
    assert after["services.py"] == "5 of 6"
    assert after["routes.py"] == "5 of 7"


@often_said(
    "An async `Resource` for the engine changes nothing for others.",
    "never held",
    "Each provider that depends on it gives a future.",
    step=8,
)
def test_an_async_resource_makes_a_future_of_all_that_depend_on_it() -> None:
    assert async_container.an_async_resource_makes_a_future_of_all_that_depend_on_it() == {
        "engine": "Task",
        "session_factory": "Future",
        "unit_of_work": "Future",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "Future",
    }


@often_said(
    "An async engine needs an async provider.",
    "never held",
    "`create_async_engine` is a plain function: keep it a singleton.",
    step=8,
)
def test_a_singleton_engine_makes_what_it_says() -> None:
    assert async_container.a_singleton_engine_makes_what_it_says() == {
        "engine": "AsyncEngine",
        "session_factory": "async_sessionmaker",
        "unit_of_work": "UnitOfWork",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "UserService",
    }
