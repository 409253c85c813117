"""What a container's providers make, how often, and what an override reaches."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from threading import Barrier, BrokenBarrierError
from typing import Any
from unittest.mock import AsyncMock, patch

import anyio.to_thread
from dependency_injector.errors import Error
from dependency_injector.providers import (
    BaseSingleton,
    Configuration,
    Dependency,
    Factory,
    Object,
    Provider,
    Singleton,
    ThreadSafeSingleton,
)
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import ConfigurationError
from steps.domain.schemas import NewUser
from steps.domain.settings import Settings, load_settings
from steps.step_05_ioc_container.container import Container, open_container
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_05.container_traps import app_with_both_ways
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.processes import import_without_fastapi

PATIENCE_S = 20
"""How long sixteen threads wait for each other before the experiment fails, in seconds."""

IN_VAIN_S = 0.3
"""How long a thread waits for others that are locked out, in seconds. The outcome is the same."""

ADA = NewUser(email="ada@example.com", password=Secret("correct horse"))


class QuickHasher:
    """Fits the port, and hashes nothing."""

    def hash(self, password: str) -> str:
        return f"reversed {password[::-1]}"

    def verify(self, password: str, password_hash: str | None) -> bool:
        return password_hash == self.hash(password)


# A container by hand


class FactoryByHand:
    def __init__(self, make: Callable[..., Any], **needs: "FactoryByHand") -> None:
        self.make, self.needs = make, needs

    def __call__(self, **given: Any) -> Any:
        return self.make(**{name: need() for name, need in self.needs.items()}, **given)


class SingletonByHand(FactoryByHand):
    def __call__(self, **given: Any) -> Any:
        if not hasattr(self, "made"):
            self.made = super().__call__(**given)
        return self.made


# How many there are


def objects_that_two_calls_give() -> dict[str, int]:
    providers: dict[str, Provider[object]] = {
        "Factory": Factory(object),
        "Singleton": Singleton(object),
        "ThreadSafeSingleton": ThreadSafeSingleton(object),
        "Dependency": Dependency(instance_of=object, default=Object(object())),
    }
    return {name: len({provider(), provider()}) for name, provider in providers.items()}


def engines_of_two_containers() -> int:
    with new_database():
        settings = load_settings()
        with open_container(settings) as one, open_container(settings) as two:
            return len({one.engine(), one.engine(), two.engine()})


def engines_of_sixteen_threads(kind: type[BaseSingleton[Engine]], patience_s: float) -> int:
    """Whoever builds an engine waits in there until all sixteen do, or until patience ends."""
    built: list[Engine] = []
    all_sixteen = Barrier(16)

    def build_engine() -> Engine:
        engine = create_engine("sqlite://")
        built.append(engine)
        with suppress(BrokenBarrierError):
            all_sixteen.wait(patience_s)
        return engine

    cold = kind(build_engine)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: cold(), range(16)))
    return len(built)


def cold_singleton() -> int:
    return engines_of_sixteen_threads(Singleton, PATIENCE_S)


def cold_thread_safe_singleton() -> int:
    return engines_of_sixteen_threads(ThreadSafeSingleton, IN_VAIN_S)


def session_classes_of_two_calls() -> dict[str, int]:
    """SQLAlchemy makes a subclass of Session for each sessionmaker: listeners hang on that."""
    factory = Factory(sessionmaker[Session])
    singleton = ThreadSafeSingleton(sessionmaker[Session])
    return {
        "Factory(sessionmaker)": len({factory().class_, factory().class_}),
        "ThreadSafeSingleton(sessionmaker)": len({singleton().class_, singleton().class_}),
    }


# The graph, without HTTP


@contextmanager
def container_on_a_new_database() -> Iterator[Container]:
    with new_database(), open_container(load_settings()) as container:
        yield container


def sign_up_from_a_script() -> str:
    with (
        new_database(),
        open_container(load_settings()) as container,
        container.session_factory().begin() as session,
    ):
        service = container.user_service(users__session=session, audit_events__session=session)
        user = service.sign_up(ADA)
    return f"{user.email} is signed up"


def use_cases_where_fastapi_is_missing() -> dict[str, str]:
    return {
        f"step {number:02}": import_without_fastapi(f"{find_step(number).package}.services")
        for number in (3, 4)
    }


# What an override reaches


def hash_of_a_new_user(container: Container) -> str:
    with container.session_factory()() as session:  # no commit: the user is gone afterwards
        service = container.user_service(users__session=session, audit_events__session=session)
        return service.sign_up(ADA).password_hash


def override_at_depth() -> dict[str, str]:
    with container_on_a_new_database() as container:
        before = hash_of_a_new_user(container)
        with container.password_hasher.override(QuickHasher()):
            during = hash_of_a_new_user(container)
        after = hash_of_a_new_user(container)
    hashes = {"before": before, "during": during, "after": after}
    return {moment: kept.partition("$v=")[0] for moment, kept in hashes.items()}


def override_does_not_reach_a_built_singleton() -> dict[str, str | None]:
    def database_of(container: Container) -> str:
        return PurePosixPath(container.engine().url.database or "").name

    other = Settings(database_url=SecretStr("sqlite:///other.db"))
    with container_on_a_new_database() as container, container.settings.override(other):
        built = database_of(container)
        container.reset_singletons()
        rebuilt = database_of(container)
        container.engine().dispose()  # open_container closes only the one that it opened
    return {"engine that was built before": built, "after reset_singletons()": rebuilt}


# What is checked, and when


def error_of(function: Callable[[], object]) -> str:
    try:
        function()
    except (ArgumentError, ConfigurationError, Error, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def check_dependencies() -> dict[str, str]:
    without: Any = Container()
    wrong: Any = Container(settings={"database_url": "sqlite:///accounts.db"})
    return {
        "no settings, check_dependencies()": error_of(without.check_dependencies),
        "a dict, check_dependencies()": error_of(wrong.check_dependencies),
        "a dict, engine()": error_of(wrong.engine),
    }


def session_is_missing() -> str:
    with container_on_a_new_database() as container:
        return error_of(container.user_service)


def configuration_without_its_variable() -> dict[str, str]:
    """Read DATABASE_URL, which is not set, in four ways."""
    plain, strict = Configuration(), Configuration(strict=True)
    engine = Singleton(create_engine, plain.database_url)
    with variables({"DATABASE_URL": None}):
        return {
            "from_env(...)": error_of(lambda: plain.database_url.from_env("DATABASE_URL")),
            "its value": repr(plain.database_url()),
            "the engine's first call": error_of(engine),
            "from_env(..., required=True)": error_of(
                lambda: plain.database_url.from_env("DATABASE_URL", required=True)
            ),
            "strict=True": error_of(lambda: strict.database_url.from_env("DATABASE_URL")),
        }


def db_echo_is_false() -> dict[str, object]:
    config = Configuration()
    with new_database(), variables({"DB_ECHO": "false"}):
        config.db_echo.from_env("DB_ECHO")
        return {
            "config.db_echo.as_(bool)": config.db_echo.as_(bool)(),
            "load_settings().db_echo": load_settings().db_echo,
        }


def db_echo_is_nonsense() -> dict[str, object]:
    config = Configuration()
    with new_database(), variables({"DB_ECHO": "nonsense"}):
        config.db_echo.from_env("DB_ECHO")
        return {
            "config.db_echo.as_(bool)": config.db_echo.as_(bool)(),
            "load_settings().db_echo": error_of(load_settings),
        }


# What a request costs


@contextmanager
def counted_hops() -> Iterator[AsyncMock]:
    """Count how often anything is handed to a worker thread: `hops.await_count`."""
    with patch("anyio.to_thread.run_sync", wraps=anyio.to_thread.run_sync) as run_sync:
        yield run_sync


def thread_hops_of_a_request() -> dict[str, dict[str, int]]:
    sign_up = {"email": "ada@example.com", "password": "correct horse"}
    hops: dict[str, dict[str, int]] = {}
    for number in (3, 4):
        step = hops[f"step {number:02}"] = {}
        with new_database(), TestClient(find_step(number).create_app()) as client:
            with counted_hops() as counted:
                client.get("/health").raise_for_status()
            step["GET /health"] = counted.await_count
            with counted_hops() as counted:
                client.post("/users", json=sign_up).raise_for_status()
            step["POST /users"] = counted.await_count
    return hops


def thread_hops_of_depends_provide() -> dict[str, int]:
    """Count them for `async def` endpoints, which are handed to no thread themselves."""
    hops: dict[str, int] = {}
    client = TestClient(app_with_both_ways())
    for path in ("/marker", "/accessor"):
        with counted_hops() as counted:
            client.get(path).raise_for_status()
        hops[path] = counted.await_count
    return {"Depends(Provide[...])": hops["/marker"], "async accessor": hops["/accessor"]}
