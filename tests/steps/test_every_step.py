"""What holds for every step: before its start, without it, copied, and beside another app."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, HTTPException, WebSocket
from fastapi.testclient import TestClient
from pydantic import SecretStr

from steps.domain.settings import Settings
from steps.domain.urls import folder_url, sqlite_url
from steps.workbook.calls import CALLS, EXPORT_CALLS, Call
from steps.workbook.catalogue import PROJECT, STEPS, Step, find_step
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.singletons import own_singletons
from steps.workbook.world.thread_hops import counted_hops
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("own_database", "no_s3", "quick_hashing")

ADA = {"email": "ada@example.com", "password": "correct horse"}
VALUES = {"email": "ada@example.com", "id": "1", "bucket": "photos", "export": "1"}


def name_of(step: Step) -> str:
    return f"step_{step.number:02}"


def opens_at_its_start(step: Step) -> bool:
    return any(map(step.has, ("core", "container", "infra")))


def calls_of(step: Step) -> list[Call]:
    return [*CALLS, *(EXPORT_CALLS if step.has("worker") else ())]


def app_on(step: Step, database: Path) -> FastAPI:
    """Return an app of the step that is told its database, in the way of this step."""
    url = SecretStr(sqlite_url(database))
    main = import_module(f"{step.package}.main")
    app: FastAPI
    if opens_at_its_start(step):
        config: type[Settings] = getattr(main, "Config", Settings)
        app = main.create_app(config(database_url=url))
        return app
    app = main.create_app()
    dependencies = import_module(f"{step.package}.dependencies")
    app.dependency_overrides[dependencies.get_settings] = lambda: Settings(database_url=url)
    return app


@pytest.fixture(params=STEPS, ids=name_of)
def step(request: pytest.FixtureRequest, own_database: None) -> Iterator[Step]:
    step: Step = request.param
    with own_singletons(step):
        yield step


# Routes are there before the start

SEVEN_CALLS = {
    ("post", "/users"),
    ("post", "/login"),
    ("get", "/users/{user_id}"),
    ("get", "/users/{user_id}/events"),
    ("get", "/buckets"),
    ("post", "/buckets"),
    ("get", "/health"),
}
CALLS_OF_EXPORTS = {("post", "/exports"), ("get", "/exports/{export_id}")}


@often_said(
    "The OpenAPI schema needs a running server.",
    "never held",
    "The app of every step lists its calls before it has started, and opens nothing.",
    step=10,
)
def test_an_app_lists_its_calls_without_a_server_and_opens_nothing(
    step: Step, recording: Recording
) -> None:
    with variables({"DATABASE_URL": "nonsense", "S3_ENDPOINT_URL": "nonsense"}):
        paths = step.create_app().openapi()["paths"]

    listed = {(method, path) for path, methods in paths.items() for method in methods}
    assert listed == SEVEN_CALLS | (CALLS_OF_EXPORTS if step.has("worker") else set())
    assert recording.events == []


# Without its lifespan


def mounted(app: FastAPI) -> FastAPI:
    """Mount it in an app whose own lifespan runs: that of a mounted app never does."""
    outer = FastAPI()
    outer.mount("/accounts", app)
    return outer


@pytest.fixture(params=["mounted", "a client without `with`"])
def clients(step: Step, request: pytest.FixtureRequest) -> Iterator[dict[bool, TestClient]]:
    """Clients of an app that was not started, which raise its errors or not."""
    app = step.create_app()
    with ExitStack() as stack:
        clients = {}
        for raises in (True, False):
            if request.param == "mounted":
                client = TestClient(
                    mounted(app),
                    base_url="http://testserver/accounts",
                    raise_server_exceptions=raises,
                )
                stack.enter_context(client)
            else:
                client = TestClient(app, raise_server_exceptions=raises)
            clients[raises] = client
        yield clients


def test_an_app_that_was_not_started_works_or_fails_loudly(
    step: Step, clients: dict[bool, TestClient], recording: Recording
) -> None:
    answers = [clients[False].request(**call.fill(VALUES)) for call in calls_of(step)]
    statuses = [answer.status_code for answer in answers]

    if not opens_at_its_start(step):
        assert statuses == [201, 409, 200, 200, 200, 200, 401, 200]
        return
    assert set(statuses) == {500}
    assert {answer.json()["detail"] for answer in answers} == {"Internal Server Error"}
    assert recording.events == []
    for call in calls_of(step):
        with pytest.raises(AttributeError, match="'State' object has no attribute"):
            clients[True].request(**call.fill(VALUES))


def test_an_app_that_has_stopped_works_no_more_than_one_that_was_not_started(step: Step) -> None:
    app = step.create_app()
    with own_singletons(step), TestClient(app) as client:
        client.get("/health").raise_for_status()

    if opens_at_its_start(step):
        with pytest.raises(AttributeError, match="'State' object has no attribute"):
            TestClient(app).get("/health")


# A copy

SERVE_COPIES = """
import json, sys
from importlib import import_module
from pkgutil import iter_modules
from fastapi.testclient import TestClient

def answers_of(package):
    before = set(sys.modules)
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    with TestClient(import_module(f"{package}.main").create_app()) as client:
        ada = {"email": f"{package}@example.com", "password": "correct horse"}
        signed_up = client.post("/users", json=ada).status_code
        health = client.get("/health").json()
    originals = {name for name in set(sys.modules) - before if name.startswith("steps.step_")}
    return {"signed up": signed_up, "health": health, "originals": sorted(originals)}

print(json.dumps({package: answers_of(package) for package in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def answers_of_copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Copy each step under another name, and return what the copies answer in another process."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for step in STEPS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(step.folder, folder / "copies" / f"copy_{step.number}", ignore=ignored)
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SERVE_COPIES, *(f"copies.copy_{step.number}" for step in STEPS)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(folder), str(PROJECT)]),
            "DATABASE_URL": sqlite_url(folder / "accounts.db"),
            "CELERY_BROKER_URL": folder_url(folder / "broker"),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers: dict[str, Any] = json.loads(run.stdout)
    return answers


@pytest.mark.parametrize("step", STEPS, ids=name_of)
def test_a_copied_step_runs_as_it_is_without_the_original(
    step: Step, answers_of_copies: dict[str, Any]
) -> None:
    assert answers_of_copies[f"copies.copy_{step.number}"] == {
        "signed up": 201,
        "health": {"step": step.number, "database": "ok"},
        "originals": [],
    }


# What an app adds to it, or replaces


class EmailHandler:
    """A handler of a step that has handlers: it is given a callable that returns its service."""

    def __init__(self, service: Callable[[], Any]) -> None:
        self._service = service

    def register_routes(self, router: APIRouter) -> None:
        router.websocket("/emails")(self.answer)

    async def answer(self, websocket: WebSocket) -> None:
        await answer_with_emails(websocket, self._service())


async def answer_with_emails(websocket: WebSocket, service: Any) -> None:
    await websocket.accept()
    async for user_id in websocket.iter_text():
        user = service.get_user(int(user_id))
        await websocket.send_text((await user if isawaitable(user) else user).email)


def test_a_websocket_gets_the_service_as_any_call_does(step: Step) -> None:
    app = step.create_app()
    if step.has("user_handler"):
        EmailHandler(lambda: app.state.application.user_service).register_routes(app.router)
    else:
        routes = import_module(f"{step.package}.routes")

        async def answer(websocket: WebSocket, service: Any) -> None:
            await answer_with_emails(websocket, service)

        answer.__annotations__["service"] = routes.UserServiceDep
        app.websocket("/emails")(answer)

    with TestClient(app) as client:
        client.post("/users", json=ADA).raise_for_status()
        with client.websocket_connect("/emails") as websocket:
            for _ in range(2):
                websocket.send_text("1")
                assert websocket.receive_text() == ADA["email"]


def test_the_check_of_the_key_has_one_name_to_override_before_the_start_and_after_it(
    step: Step,
) -> None:
    def ask_for_tea() -> None:
        raise HTTPException(418)

    app = step.create_app()
    require_api_key = import_module(f"{step.package}.dependencies").require_api_key
    app.dependency_overrides[require_api_key] = ask_for_tea

    with TestClient(app) as client:
        assert client.post("/buckets", json={"name": "photos"}).status_code == 418
        app.dependency_overrides.clear()
        assert client.post("/buckets", json={"name": "photos"}).status_code == 401
        app.dependency_overrides[require_api_key] = ask_for_tea
        assert client.post("/buckets", json={"name": "photos"}).status_code == 418


# Two apps in one process


STEP_02 = find_step(2)


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step != STEP_02], ids=name_of, indirect=True
)
def test_the_users_of_an_app_are_not_those_of_another(step: Step, tmp_path: Path) -> None:
    one, two = app_on(step, tmp_path / "one.db"), app_on(step, tmp_path / "two.db")

    with TestClient(one) as first, TestClient(two) as second:
        assert first.post("/users", json=ADA).status_code == 201
        assert second.get("/users/1").status_code == 404
        assert second.post("/users", json=ADA).status_code == 201


@often_said(
    "Two apps in one process have their own databases.",
    "depends",
    "With cached settings and a cached engine the second app serves the users of the first.",
    step=2,
)
@pytest.mark.parametrize("step", [STEP_02], ids=name_of, indirect=True)
def test_flaw_of_step_02_every_app_of_the_process_has_the_users_of_the_first(
    step: Step, tmp_path: Path
) -> None:
    """Settings and engine are kept for the process, so what another app is told comes too late."""
    one, two = (sqlite_url(tmp_path / name) for name in ("one.db", "two.db"))

    with variables({"DATABASE_URL": one}), TestClient(step.create_app()) as first:
        user = first.post("/users", json=ADA).json()
    with variables({"DATABASE_URL": two}), TestClient(step.create_app()) as second:
        assert second.get("/users/1").json() == user
        assert second.post("/users", json=ADA).status_code == 409


# What a request costs

REQUESTS = ("POST /users", "GET /users/1", "GET /buckets", "GET /health")
HOPS = {
    # The endpoint runs, its answer is checked, and each `def` is called: settings, engine, S3
    # client, session, repositories, hasher, service. What has a `yield` takes a second hop to end.
    1: (11, 11, 6, 5),
    # Engine and S3 client come from a `def` without a `yield`, which asks nobody for settings.
    2: (9, 9, 4, 3),
    # They come from an `async def`.
    3: (8, 8, 3, 2),
    # Service and repositories come from one `async def`: the session is the only `def` left.
    4: (4, 4, 2, 2),
    # The endpoint runs, and its answer is checked.
    6: (2, 2, 2, 2),
    # A password is hashed; S3 blocks, and its endpoint with it.
    8: (1, 0, 2, 0),
}
"""Where a step is not named, it hops as often as the one that it follows."""


def expected_hops(step: Step) -> tuple[int, ...]:
    if step.number in HOPS or step.before is None:
        return HOPS[step.number]
    return expected_hops(step.before)


def test_a_request_hops_to_a_thread_as_often_as_this(step: Step) -> None:
    hops = []
    with TestClient(step.create_app()) as client:
        for request in REQUESTS:
            method, path = request.split()
            body = ADA if method == "POST" else None
            with counted_hops() as counted:
                client.request(method, path, json=body).raise_for_status()
            hops.append(counted.hops)

    assert tuple(hops) == expected_hops(step)
