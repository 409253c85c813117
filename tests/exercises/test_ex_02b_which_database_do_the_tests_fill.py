"""Exercise 02b: an override of the settings reaches a cached engine."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib import reload
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from steps.domain.urls import sqlite_url
from steps.exercises import ex_02b_which_database_do_the_tests_fill as exercise
from tests.exercises.checks import expect, expect_that


class Service:
    """An app that signs people up, with databases in `folder`. Notes each engine it is given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._app = FastAPI()
        self._client = TestClient(self._app)
        self.engines: list[Engine] = []

        @self._app.post("/users")
        def sign_up(engine: Annotated[Engine, Depends(exercise.get_engine)]) -> None:
            if engine not in self.engines:
                self.engines.append(engine)
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO users VALUES ('Ada')"))

    def sign_up(self) -> None:
        try:
            answer = self._client.post("/users")
        except TypeError as error:
            expect_that(
                "unhashable" not in str(error),
                "One sign-up",
                seen=error,
                expected="an engine for these settings",
                why="The arguments of a cached function are its key, and a key must be hashable. "
                "A dataclass is, once it is frozen.",
            )
            raise
        expect_that(
            answer.status_code == 200,
            "The answer to a sign-up, POST /users",
            seen=f"{answer.status_code} {answer.text}",
            expected="200",
            why="Without Depends, FastAPI takes a parameter for something the caller sends.",
        )

    def override(self, settings: Callable[[], Any]) -> None:
        self._app.dependency_overrides = {exercise.get_settings: settings}

    def no_override(self) -> None:
        self._app.dependency_overrides = {}

    def settings_of(self, name: str) -> Any:
        return exercise.Settings(database_url=self.url_of(name))

    def url_of(self, name: str) -> str:
        return sqlite_url(self._folder / name)

    def create(self, *names: str) -> None:
        for name in names:
            with closing(sqlite3.connect(self._folder / name)) as database:
                database.execute("CREATE TABLE users (name TEXT)")

    def users_in(self, *names: str) -> str:
        return ", ".join(f"{self._count(name)} in {name}" for name in names)

    def _count(self, name: str) -> int:
        with closing(sqlite3.connect(self._folder / name)) as database:
            (number,) = database.execute("SELECT count(*) FROM users").fetchone()
        return int(number)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.chdir(tmp_path)  # a learner's sqlite:///test.db belongs here, too
    reload(exercise)  # with empty caches
    service = Service(tmp_path)
    service.create("real.db", "test.db", "test_2.db")
    monkeypatch.setenv("DATABASE_URL", service.url_of("real.db"))
    yield service
    for engine in service.engines:
        engine.dispose()


def test_a_test_that_overrides_the_settings_fills_its_own_database(service: Service) -> None:
    service.override(partial(service.settings_of, "test.db"))
    service.sign_up()
    expect(
        "Users after a sign-up, while the settings are overridden with those of test.db",
        seen=service.users_in("test.db", "real.db"),
        expected="1 in test.db, 0 in real.db",
        why="FastAPI replaces only what FastAPI calls. A get_engine that calls get_settings() "
        "itself misses the override, and tests write to the real database.",
    )


def test_all_requests_share_one_engine(service: Service) -> None:
    for _ in range(3):
        service.sign_up()
    expect(
        "Engines that three requests were given, without an override",
        seen=len(service.engines),
        expected=1,
        why="An engine keeps connections open for the next request. Each request reads its "
        "settings anew: settings that are equal must lead to the same engine.",
    )


def test_each_database_keeps_an_engine_of_its_own(service: Service) -> None:
    service.sign_up()
    for name in ("test.db", "test_2.db"):
        service.override(partial(service.settings_of, name))
        service.sign_up()
    service.no_override()
    service.sign_up()
    expect(
        "Users after a sign-up by the app, one by each of two tests, and one by the app",
        seen=service.users_in("real.db", "test.db", "test_2.db"),
        expected="2 in real.db, 1 in test.db, 1 in test_2.db",
        why="Different settings are different keys. One engine for all settings is the one that "
        "was built first, and leads the others into a database that is not theirs.",
    )
    expect(
        "Engines that these four sign-ups into three databases were given",
        seen=len(service.engines),
        expected=3,
        why="The app has the same settings before and after the tests, so it should find its "
        "engine again. A second one leaves the first behind, and nobody closes it.",
    )
