"""An AsyncEngine in a container, and on a second event loop."""

from steps.workbook.experiments.step_08 import async_engines


def test_an_async_resource_makes_a_future_of_all_that_depend_on_it() -> None:
    assert async_engines.an_async_resource_makes_a_future_of_all_that_depend_on_it() == {
        "engine": "Task",
        "session_factory": "Future",
        "unit_of_work": "Future",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "Future",
    }


def test_a_singleton_engine_makes_what_it_says() -> None:
    assert async_engines.a_singleton_engine_makes_what_it_says() == {
        "engine": "AsyncEngine",
        "session_factory": "async_sessionmaker",
        "unit_of_work": "UnitOfWork",
        "password_hasher": "AsyncPasswordHasher",
        "user_service": "UserService",
    }


def test_an_engine_that_has_had_a_line_stays_with_its_event_loop() -> None:
    assert async_engines.an_engine_that_moves_to_another_event_loop() == ["done", "RuntimeError"]
