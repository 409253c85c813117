"""What of a step is awaited, and what a container must not do with it."""

import ast
import asyncio
from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

from dependency_injector.providers import Resource
from sqlalchemy.ext.asyncio import AsyncEngine

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_async_engine
from steps.step_08_async.container import Container
from steps.workbook.catalogue import find_step
from steps.workbook.world.environment import new_database
from steps.workbook.world.event_loops import on_event_loop

# Functions that may wait


def functions_that_are_async(number: int) -> dict[str, str]:
    """Return how many functions of each file are `async def`."""
    counts = {}
    for path in sorted(find_step(number).folder.glob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        awaited = sum(isinstance(node, ast.AsyncFunctionDef) for node in nodes)
        plain = sum(isinstance(node, ast.FunctionDef) for node in nodes)
        if awaited + plain:
            counts[path.name] = f"{awaited} of {awaited + plain}"
    return counts


# An async resource


async def open_engine_and_close_it() -> AsyncIterator[AsyncEngine]:
    engine = open_async_engine(load_settings())
    yield engine
    await engine.dispose()


MADE = ("engine", "session_factory", "unit_of_work", "password_hasher", "user_service")


async def types_made_by(container: Container) -> dict[str, str]:
    made = {name: container.providers[name]() for name in MADE}
    await asyncio.gather(*filter(isawaitable, made.values()))
    engine: Any = made["engine"]
    await (engine.result() if isinstance(engine, asyncio.Future) else engine).dispose()
    return {name: type(thing).__name__.strip("_") for name, thing in made.items()}


def an_async_resource_makes_a_future_of_all_that_depend_on_it() -> dict[str, str]:
    with new_database():
        container = Container(settings=load_settings())
        with container.engine.override(Resource(open_engine_and_close_it)):
            return on_event_loop(types_made_by, container)


def a_singleton_engine_makes_what_it_says() -> dict[str, str]:
    with new_database():
        return on_event_loop(types_made_by, Container(settings=load_settings()))
