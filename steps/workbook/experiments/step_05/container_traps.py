"""Where wiring, overriding and configuring a container go wrong, and how little they say."""

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from types import ModuleType
from typing import Annotated, Any

from anyio.to_thread import current_default_thread_limiter
from dependency_injector.containers import DeclarativeContainer
from dependency_injector.errors import Error
from dependency_injector.providers import Configuration, Factory, Object, Singleton
from dependency_injector.wiring import DIWiringWarning, Provide, inject, unwire
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import SecretStr

from steps.domain import ports
from steps.domain.settings import Settings
from steps.step_05_ioc_container.container import Container
from steps.workbook.catalogue import find_step
from steps.workbook.experiments.step_05 import container_traps_routes as routes
from steps.workbook.world.environment import new_database, variables
from steps.workbook.world.serving import client_of, serve

PATIENCE_S = 20
"""How long anything waits for anything else before the experiment fails, in seconds."""

Function = Callable[..., object]

NO_WARNING = "no warning"


class NamedHasher:
    """Fits the port PasswordHasher, and says whose it is in place of hashing."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def hash(self, password: str) -> str:
        return f"hash by {self._owner}"

    def verify(self, password: str, password_hash: str | None) -> bool:
        return False


def container_of(owner: str) -> Container:
    """Return step 05's container with another password hasher. Nothing else in it is used."""
    return Container(password_hasher=Factory(NamedHasher, owner))


def module_with(*functions: Function) -> ModuleType:
    """Return a module that holds these functions, as if its file had defined them."""
    module = ModuleType("routes")
    for function in functions:
        setattr(module, function.__name__, function)
    return module


def ask(app: FastAPI) -> str:
    """Return what `GET /` answers, or the error in the endpoint."""
    try:
        return str(TestClient(app).get("/").json())
    except AttributeError as error:
        return f"AttributeError: {error}"


def wire_and_ask(app: FastAPI, *functions: Function) -> dict[str, str]:
    """Wire a module with these functions twice, then ask; return the warnings and the answer."""
    container, module = container_of("the container"), module_with(*functions)
    with caught_warnings() as silent:
        container.wire(modules=[module])
    with caught_warnings() as told:
        container.wire(modules=[module], warn_unresolved=True)
    answer = ask(app)
    container.unwire()
    return {
        "wire(...)": ", ".join(silent) or NO_WARNING,
        "wire(..., warn_unresolved=True)": ", ".join(told) or NO_WARNING,
        "request": answer,
    }


@contextmanager
def caught_warnings() -> Iterator[list[str]]:
    """Give out a list that holds what wiring warned of, at the end of the block."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield told
    told.extend(str(each.message) for each in caught if issubclass(each.category, DIWiringWarning))


# The marker


@inject
def ask_for_settings(settings: object = Provide["settings"]) -> object:
    return settings


def marker_of_one_function() -> dict[str, str]:
    container, module = Container(settings=Settings()), module_with(ask_for_settings)
    seen = {"before": repr(ask_for_settings())}
    container.wire(modules=[module])
    seen["wired"] = f"an object of {type(ask_for_settings()).__name__}"
    container.unwire()
    seen["unwired"] = repr(ask_for_settings())
    return seen


Hasher = Annotated[ports.PasswordHasher, Depends(Provide["password_hasher"])]
Misspelled = Annotated[ports.PasswordHasher, Depends(Provide["pasword_hasher"])]


def inject_below_the_route_decorator() -> dict[str, str]:
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def no_inject() -> dict[str, str]:
    app = FastAPI()

    @app.get("/")
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def inject_above_the_route_decorator() -> dict[str, str]:
    app = FastAPI()

    @inject
    @app.get("/")
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


def module_that_nobody_wired() -> dict[str, str]:
    """Wire a module, but not the one that holds the endpoint."""
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app)


def typo_in_a_string() -> dict[str, str]:
    app = FastAPI()

    @app.get("/")
    @inject
    def hash_password(hasher: Misspelled) -> str:
        return hasher.hash("correct horse")

    return wire_and_ask(app, hash_password)


MODULE_WITH_THE_IMPORT = """
from __future__ import annotations
from typing import Annotated
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI
from steps.domain.ports import PasswordHasher

app = FastAPI()

@app.get("/")
@inject
def hash_password(PARAMETER) -> str:
    return hasher.hash("correct horse")
"""


def ask_module_with_the_import(parameter: str) -> dict[str, str]:
    namespace: dict[str, Any] = {}
    with caught_warnings() as told:
        exec(MODULE_WITH_THE_IMPORT.replace("PARAMETER", parameter), namespace)  # noqa: S102
    seen = {"@inject": ", ".join(told) or NO_WARNING}
    return seen | wire_and_ask(namespace["app"], namespace["hash_password"])


def annotations_as_strings() -> dict[str, str]:
    return ask_module_with_the_import(
        "hasher: Annotated[PasswordHasher, Depends(Provide['password_hasher'])]"
    )


def annotations_as_strings_with_a_default_value() -> dict[str, str]:
    return ask_module_with_the_import(
        "hasher: PasswordHasher = Depends(Provide['password_hasher'])"
    )


def what_each_mistake_warns_of() -> dict[str, str]:
    """Return all that is said before the first request, with `warn_unresolved=True`."""
    mistakes = {
        "no @inject": no_inject(),
        "@inject above the route decorator": inject_above_the_route_decorator(),
        "module that nobody wired": module_that_nobody_wired(),
        "typo in a string": typo_in_a_string(),
        "annotations as strings": annotations_as_strings(),
    }
    seen: dict[str, str] = {}
    for name, outcome in mistakes.items():
        outcome.pop("request")
        seen[name] = ", ".join(said for said in outcome.values() if said != NO_WARNING)
    return {name: said or NO_WARNING for name, said in seen.items()}


# One wiring for all apps


def create_app(container: Container) -> FastAPI:
    container.wire(modules=[routes])
    app = FastAPI()
    app.include_router(routes.router)
    return app


@contextmanager
def unwired_at_the_end() -> Iterator[None]:
    try:
        yield
    finally:
        unwire(modules=[routes])


def last_container_to_wire_wins() -> dict[str, str]:
    with unwired_at_the_end():
        first = create_app(container_of("container 1"))
        seen = {"app 1": ask(first)}
        second = create_app(container_of("container 2"))
        return {**seen, "app 2": ask(second), "app 1 after app 2 was made": ask(first)}


def unwire_of_one_app_breaks_the_other() -> dict[str, str]:
    with unwired_at_the_end():
        first_container = container_of("container 1")
        create_app(first_container)
        second = create_app(container_of("container 2"))
        seen = {"app 2": ask(second)}
        first_container.unwire()
        return {**seen, "app 2 after container 1 is unwired": ask(second)}


def step_05_keeps_two_apps_apart() -> dict[str, int]:
    """Sign up in one of two apps that run at once, each on a database of its own."""
    first, second = find_step(5).create_app(), find_step(5).create_app()
    ada = {"email": "ada@example.com", "password": "correct horse"}
    with new_database(), TestClient(first) as app_1:
        first.state.container.password_hasher.override(NamedHasher("container 1"))
        with new_database(), TestClient(second) as app_2:
            app_1.post("/users", json=ada).raise_for_status()
            seen = {"app 1": app_1.get("/users/1").status_code}
            seen["app 2"] = app_2.get("/users/1").status_code
        seen["app 1 after app 2 has ended"] = app_1.get("/users/1").status_code
    return seen


def override_that_nobody_ends() -> dict[str, str]:
    with unwired_at_the_end():
        container = container_of("production")
        app = create_app(container)
        seen = {"before": ask(app)}
        container.password_hasher.override(NamedHasher("a test"))
        return {**seen, "in the test": ask(app), "in the next test": ask(app)}


def override_in_a_with_block() -> dict[str, str]:
    with unwired_at_the_end():
        container = container_of("production")
        app = create_app(container)
        seen = {"before": ask(app)}
        with container.password_hasher.override(NamedHasher("a test")):
            seen["in the test"] = ask(app)
        return {**seen, "in the next test": ask(app)}


def conftest_that_sets_app_container() -> dict[str, str]:
    """The shape of a common conftest.py: override in one container, then set `app.container`."""
    with unwired_at_the_end():
        app_of_main = create_app(container_of("production"))
        container = container_of("production")
        container.password_hasher.override(NamedHasher("a test"))
        app = create_app(container_of("production"))
        app.container = container  # type: ignore[attr-defined]
        seen = {"app.container = container": ask(app)}
        container.wire(modules=[routes])
        seen["container.wire(...)"] = ask(app)
        seen["next test, the app of main.py"] = ask(app_of_main)
        seen["next test, a new app"] = ask(create_app(container_of("production")))
        return seen


def settings_for(file: str) -> Settings:
    return Settings(database_url=SecretStr(f"sqlite:///{file}"))


def singleton_built_under_an_override_outlives_it() -> dict[str, str | None]:
    """Return which file the engine is for. It never connects, so neither file is made."""
    container = Container(settings=settings_for("production.db"))
    with container.settings.override(Object(settings_for("test.db"))):
        seen = {"in the test": container.engine().url.database}
    seen["after the test"] = container.engine().url.database
    container.reset_singletons()
    seen["after reset_singletons()"] = container.engine().url.database
    return seen


# Worker threads


async def get_hasher(request: Request) -> ports.PasswordHasher:
    container: Container = request.app.state.container
    return container.password_hasher()


def app_with_both_ways() -> FastAPI:
    """Return an app that gets a hasher at `/accessor`, and at `/marker`, which is wired."""
    app = FastAPI()
    app.state.container = container_of("the container")

    @app.get("/accessor")
    async def use_accessor(hasher: Annotated[Any, Depends(get_hasher)]) -> str:
        return str(hasher.hash("correct horse"))

    @app.get("/marker")
    @inject
    async def use_marker(hasher: Hasher) -> str:
        return hasher.hash("correct horse")

    app.state.container.wire(modules=[module_with(use_marker)])
    return app


def app_that_can_be_blocked(all_busy: Barrier, release: Event) -> FastAPI:
    """Return the same app with a request that blocks, and one that counts who waits."""
    app = app_with_both_ways()

    @app.get("/blocking")
    def block() -> None:
        all_busy.wait(PATIENCE_S)
        release.wait(PATIENCE_S)

    @app.get("/waiting")
    async def count_waiting() -> int:
        return current_default_thread_limiter().statistics().tasks_waiting

    return app


def marker_waits_behind_forty_blocking_requests() -> dict[str, Any]:
    all_busy, release = Barrier(41), Event()
    app = app_that_can_be_blocked(all_busy, release)
    with serve(app) as url, client_of(url) as client, ThreadPoolExecutor(41) as threads:
        for _ in range(40):
            threads.submit(client.get, "/blocking")
        all_busy.wait(PATIENCE_S)
        marker = threads.submit(client.get, "/marker")
        while client.get("/waiting").json() == 0 and not marker.done():
            continue  # the request for the marker is still on its way
        seen = {
            "/accessor": client.get("/accessor").status_code,
            "/marker waits": not marker.done(),
        }
        release.set()
        return {**seen, "/marker, once they are released": marker.result().status_code}


# Settings


def config_as_a_singleton() -> str:
    class Container(DeclarativeContainer):
        config = Singleton(Settings)

    try:
        Container().config.database_url.from_env("DATABASE_URL")  # type: ignore[attr-defined]
    except AttributeError as error:
        return f"AttributeError: {error}"
    return "no error"


def config_as_a_configuration() -> dict[str, str | None]:
    class Container(DeclarativeContainer):
        config = Configuration()

    container = Container()
    with variables({"DATABASE_URL": "sqlite:///accounts.db"}):
        container.config.database_url.from_env("DATABASE_URL")
    return {"config.database_url": container.config.database_url()}


def misspelled_option_is_none() -> dict[str, str | None]:
    lenient, strict = Configuration(), Configuration(strict=True)
    seen: dict[str, str | None] = {"Configuration()": lenient.databse_url()}
    try:
        strict.databse_url()
    except Error as error:
        seen["Configuration(strict=True)"] = f"Error: {error}"
    return seen


# Imports
