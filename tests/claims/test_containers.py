"""What is often said of dependency-injector, and is tried nowhere else."""

from typing import Annotated, Any

import pytest
from dependency_injector import containers, providers
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from steps.workbook.experiments.step_05.resource_sessions import get_with_context_local_sessions
from steps.workbook.kit import scratch_database
from tests.often_said import often_said


class Config:
    database_url = "sqlite://"


@often_said(
    "`providers.Singleton(Config)` can be filled with `.from_env(...)`.",
    "never held",
    "That is what `providers.Configuration()` has; a `Singleton` raises an `AttributeError`.",
    step=5,
)
def test_a_singleton_has_no_options_that_come_from_the_environment() -> None:
    class Container(containers.DeclarativeContainer):
        config = providers.Singleton(Config)

    container: Any = Container()

    with pytest.raises(AttributeError, match="no attribute"):
        container.config.database_url.from_env("DATABASE_URL")


class Configured(containers.DeclarativeContainer):
    config = providers.Configuration()
    url = providers.Callable(str, config.database_url)
    echo = providers.Callable(bool, config.db_echo.as_(bool))


@often_said(
    "A container notices a missing variable.",
    "depends",
    "`Configuration` hands out `None` for it, unless `from_env` is told `required=True`.",
    step=5,
)
def test_a_variable_that_is_missing_is_none_unless_it_is_required() -> None:
    container = Configured()

    container.config.database_url.from_env("NO_SUCH_VARIABLE")
    assert container.config.database_url() is None
    assert container.url() == "None"
    with pytest.raises(ValueError, match="NO_SUCH_VARIABLE"):
        container.config.database_url.from_env("NO_SUCH_VARIABLE", required=True)


@often_said(
    "Each variable has to be marked as required.",
    "never held",
    "`Configuration(strict=True)` refuses every variable that is missing.",
    step=5,
)
def test_a_strict_configuration_refuses_a_variable_that_is_missing() -> None:
    config = providers.Configuration(strict=True)

    with pytest.raises(ValueError, match="NO_SUCH_VARIABLE"):
        config.database_url.from_env("NO_SUCH_VARIABLE")


@often_said(
    "`config.db_echo.as_(bool)` reads `false` as false.",
    "never held",
    "`bool` makes `True` of the text `false`.",
    step=5,
)
def test_the_word_false_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    container = Configured()
    monkeypatch.setenv("DB_ECHO", "false")
    container.config.db_echo.from_env("DB_ECHO")

    assert container.echo() is True


@often_said(
    "`Factory(sessionmaker)` does what `Singleton(sessionmaker)` does.",
    "never held",
    "It makes another session class each time, so that what listens to the first one hears "
    "nothing.",
    step=5,
)
def test_a_factory_of_session_factories_loses_what_listens_to_the_first() -> None:
    engine, heard = scratch_database(), list[str]()

    def commits(kind: Any) -> int:
        provider = kind(sessionmaker, bind=engine)
        event.listen(provider(), "before_commit", lambda _: heard.append("a commit"))
        heard.clear()
        with provider().begin() as session:
            assert isinstance(session, Session)
        return len(heard)

    assert commits(providers.Factory) == 0
    assert commits(providers.Singleton) == 1


@often_said(
    "A context-local session is never shared.",
    "never held",
    "An `async def` provider and its `async def` endpoint get one and the same.",
    step=5,
)
def test_an_async_def_provider_and_its_endpoint_share_a_context_local_session() -> None:
    sessions: list[Session] = []
    app = FastAPI()

    @inject
    async def get_user(session: Annotated[Session, Depends(Provide["session"])]) -> None:
        sessions.append(session)

    @app.get("/", dependencies=[Depends(get_user)])
    @inject
    async def use_session(session: Annotated[Session, Depends(Provide["session"])]) -> None:
        sessions.append(session)

    get_with_context_local_sessions(app, get_user, use_session)

    assert len(sessions) == 2
    assert sessions[0] is sessions[1]
