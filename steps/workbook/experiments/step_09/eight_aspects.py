"""A framework's injection and a container of one's own, compared by what can be counted."""

import ast
from collections.abc import Callable
from itertools import combinations
from types import ModuleType
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from steps.step_01_depends import repositories as step_01
from steps.step_03_lifespan_singleton import repositories as step_03
from steps.step_09_two_tiers import app as step_09
from steps.step_10_route_registrars import app as step_10
from steps.workbook.catalogue import Step, find_step
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork
from steps.workbook.fakes.in_memory import InMemoryAuditEvents, InMemoryUsers
from steps.workbook.reading.sources import size_of
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database
from steps.workbook.world.processes import import_without_fastapi

COMPARED = (1, 3, 8, 9, 10)
"""`Depends` alone, with a lifespan, a container from a package, and two steps with our own."""

ADA = {"email": "ada@example.com", "password": "correct horse"}
PARTS = (
    {"open_engine", "open_async_engine"},
    {"open_s3_client"},
    {"PasswordHasher", "AsyncPasswordHasher"},
    {"UserRepository"},
    {"AuditEventRepository"},
    {"BucketRepository"},
    {"UserService"},
)
"""What the service is made of, under its names in all steps."""


def trees_of(step: Step) -> dict[str, ast.Module]:
    paths = sorted(step.folder.glob("*.py"))
    return {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def names_to_learn(step: Step) -> int:
    """Count the names that a step imports to have something injected."""
    return len(
        {
            alias.name
            for tree in trees_of(step).values()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if str(node.module).startswith("dependency_injector") or alias.name == "Depends"
        }
    )


def engines_of_three_requests(step: Step) -> int:
    with new_database(), record() as recording, TestClient(step.create_app()) as client:
        for _ in range(3):
            client.get("/health").raise_for_status()
    return recording.count("engine", "opened")


def routes_of(app: FastAPI) -> list[APIRoute]:
    """Return the routes that an app has of its own, and those of the routers that it includes."""
    routers = [app.router, *(vars(route).get("original_router") for route in app.router.routes)]
    return [r for router in routers if router for r in router.routes if isinstance(r, APIRoute)]


def calls_to_fill(dependant: Dependant) -> set[Any]:
    """Return what FastAPI calls before an endpoint: each function once, thanks to its cache."""
    calls = {needed.call for needed in dependant.dependencies}
    return calls.union(*map(calls_to_fill, dependant.dependencies))


def calls_before_an_endpoint(step: Step) -> int:
    (route,) = (r for r in routes_of(step.create_app()) if r.path == "/users/{user_id}")
    return len(calls_to_fill(route.dependant))


def parameters_that_are_injected(step: Step) -> int:
    return sum(len(route.dependant.dependencies) for route in routes_of(step.create_app()))


def files_that_show_the_whole_graph(step: Step) -> int:
    """Return how many files one has to read to have seen every part imported."""
    seen = {
        name: {a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
        for name, tree in trees_of(step).items()
    }
    for number in range(1, len(seen)):
        for files in combinations(seen.values(), number):
            if all(part & set().union(*files) for part in PARTS):
                return number
    return len(seen)


def sign_up_with_overrides(step: Step, repositories: ModuleType) -> int:
    app, users, audit_events = step.create_app(), InMemoryUsers([]), InMemoryAuditEvents([])
    app.dependency_overrides[repositories.UserRepository] = lambda: users
    app.dependency_overrides[repositories.AuditEventRepository] = lambda: audit_events
    with TestClient(app) as client:
        client.post("/users", json=ADA).raise_for_status()
    return len(app.dependency_overrides)


def sign_up_with_another_provider() -> int:
    app, replaced = find_step(8).create_app(), [AsyncInMemoryUnitOfWork()]
    with TestClient(app) as client:
        app.state.container.unit_of_work.override(*replaced)
        client.post("/users", json=ADA).raise_for_status()
    return len(replaced)


def sign_up_with_another_class(step: Step, application: ModuleType) -> int:
    replaced = [AsyncInMemoryUnitOfWork()]
    with (
        patch.object(application, "UnitOfWork", lambda *_, **__: replaced[0]),
        TestClient(step.create_app()) as client,
    ):
        client.post("/users", json=ADA).raise_for_status()
    return len(replaced)


WITHOUT_A_DATABASE: dict[int, Callable[[], int]] = {
    1: lambda: sign_up_with_overrides(find_step(1), step_01),
    3: lambda: sign_up_with_overrides(find_step(3), step_03),
    8: sign_up_with_another_provider,
    9: lambda: sign_up_with_another_class(find_step(9), step_09),
    10: lambda: sign_up_with_another_class(find_step(10), step_10),
}


def replaced_and_opened(step: Step) -> str:
    with new_database(), record() as recording:
        replaced = WITHOUT_A_DATABASE[step.number]()
    return f"{replaced}, {recording.count('engine', 'opened')}"


def graph_imports_without_fastapi(step: Step) -> str:
    """Where no file of its own makes the use cases, their own file is what is imported."""
    (module, *_) = (name for name in ("container", "app", "services") if step.has(name))
    imported = import_without_fastapi(f"{step.package}.{module}") == "imported"
    return "yes" if imported else "no"


Measure = Callable[[Step], int | str]
ASPECTS: dict[str, tuple[str, Measure]] = {
    "learning": ("names of a framework to know", names_to_learn),
    "lifetime": ("engines that 3 requests open", engines_of_three_requests),
    "performance": ("calls before GET /users/1 begins", calls_before_an_endpoint),
    "signatures": ("injected into all 7 endpoints", parameters_that_are_injected),
    "visibility": ("files that show the whole graph", files_that_show_the_whole_graph),
    "testing": ("replaced, engines opened", replaced_and_opened),
    "reuse": ("graph imports without FastAPI", graph_imports_without_fastapi),
    "running cost": ("lines to maintain", lambda step: size_of(step)["lines"]),
}


def eight_aspects() -> dict[str, dict[int, int | str]]:
    return {
        aspect: {number: measure(find_step(number)) for number in COMPARED}
        for aspect, (_, measure) in ASPECTS.items()
    }
