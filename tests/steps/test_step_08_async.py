"""Step 08: waiting for the database takes no thread, and what blocks has one of its own."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing, suppress
from datetime import UTC, datetime
from inspect import isawaitable
from pathlib import Path
from threading import Event, active_count, get_ident
from typing import Any, assert_type
from urllib.parse import urlsplit

import anyio.to_thread
import httpx2
import pytest
from dependency_injector.providers import Factory, Object
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import Secret, SecretStr
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import AsyncAdaptedQueuePool
from starlette.requests import HTTPConnection

from steps.domain import async_ports as ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import EmailTaken, InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser
from steps.domain.settings import Settings, load_settings
from steps.domain.urls import sqlite_url
from steps.infrastructure import database, passwords
from steps.infrastructure.database import check_async_database
from steps.infrastructure.tables import UserRow
from steps.step_08_async import container as container_module
from steps.step_08_async.container import Container, open_container
from steps.step_08_async.dependencies import (
    get_bucket_repository,
    get_container,
    get_engine,
    get_user_service,
)
from steps.step_08_async.main import create_app
from steps.step_08_async.repositories import AuditEventRepository, BucketRepository, UserRepository
from steps.step_08_async.services import UserService
from steps.step_08_async.sessions import UnitOfWork
from steps.workbook.fakes.async_in_memory import AsyncInMemoryUnitOfWork, AsyncPlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.world.environment import variables
from steps.workbook.world.postgresql import new_postgresql_database
from steps.workbook.world.serving import LOOPBACK, serve
from steps.workbook.world.thread_hops import counted_hops
from tests.often_said import often_said

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("environment", "quick_hashing")]

ADA, GRACE = "ada@example.com", "grace@example.com"
SIGN_UP = {"email": ADA, "password": "correct horse"}
HASH = "a hash"
PATIENCE_S = 10


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def container() -> AsyncIterator[Container]:
    """What the use cases need. The S3 client takes longest, and none of them asks for it."""
    container = Container(settings=load_settings())
    await check_async_database(container.engine())
    yield container
    await container.engine().dispose()


@pytest.fixture
def unit_of_work(container: Container) -> ports.UnitOfWork:
    return container.unit_of_work()


def new_user(email: str = ADA) -> NewUser:
    return NewUser(email=email, password=Secret("correct horse"))


def credentials(sent: str = "correct horse") -> Credentials:
    return Credentials(email=ADA, password=Secret(sent))


async def users_in(container: Container) -> list[str]:
    async with AsyncSession(container.engine()) as session:
        return list(await session.scalars(select(UserRow.email).order_by(UserRow.id)))


def connections_in_use(engine: AsyncEngine) -> int:
    assert isinstance(engine.pool, AsyncAdaptedQueuePool)
    return engine.pool.checkedout()


class RefusingAuditEvents:
    """Has room for no event."""

    def __init__(self, _: AsyncSession) -> None: ...

    async def add(self, user_id: int, action: str) -> None:
        raise OSError("no events today")

    async def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return []


# Who waits, and where


def test_only_what_blocks_hops_to_a_worker_thread() -> None:
    """One hop hashes or verifies. A `def` endpoint is one, and checking its answer another."""
    hops = {}
    app = create_app()
    with TestClient(app, headers={"X-API-Key": "key"}) as client:
        for request, body in [
            ("POST /users", SIGN_UP),
            ("POST /login", SIGN_UP),
            ("GET /users/1", None),
            ("GET /users/1/events", None),
            ("GET /health", None),
            ("GET /buckets", None),
            ("POST /buckets", {"name": "photos"}),
        ]:
            with counted_hops() as counted:
                client.request(*request.split(), json=body).raise_for_status()
            hops[request] = counted.hops

    assert hops == {
        "POST /users": 1,
        "POST /login": 1,
        "GET /users/1": 0,
        "GET /users/1/events": 0,
        "GET /health": 0,
        "GET /buckets": 2,
        "POST /buckets": 2,
    }


def noting_thread(threads: list[int], function: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*arguments: Any) -> Any:
        threads.append(get_ident())
        return function(*arguments)

    return noted


def test_nothing_blocks_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The use cases run in the event loop's thread; argon2, boto3 and SQLite do not."""
    blocking: list[int] = []
    running: list[int] = []
    for name in ("hash", "verify"):
        function = getattr(passwords.PasswordHasher, name)
        monkeypatch.setattr(passwords.PasswordHasher, name, noting_thread(blocking, function))
    monkeypatch.setattr(
        database._SqliteConnection,
        "cursor",
        noting_thread(blocking, database._SqliteConnection.cursor),
        raising=False,
    )
    monkeypatch.setattr(UserService, "_get_user", noting_thread(running, UserService._get_user))
    app = create_app()
    with TestClient(app) as client:
        s3_client = app.state.container.s3_client()
        for moment in ("before-call.s3.ListBuckets", "before-call.s3.CreateBucket"):
            s3_client.meta.events.register(moment, lambda **_: blocking.append(get_ident()))
        client.post("/users", json=SIGN_UP).raise_for_status()
        client.post("/login", json=SIGN_UP).raise_for_status()
        client.get("/users/1").raise_for_status()
        client.get("/buckets").raise_for_status()
        client.post("/buckets", json={"name": "photos"}, headers={"X-API-Key": "key"})
        assert client.portal
        event_loop = client.portal.call(get_ident)

    assert len(blocking) >= 2 + 2 + 3  # passwords, S3, statements
    assert event_loop not in blocking
    assert running == [event_loop]


def test_a_lookup_is_answered_while_every_worker_thread_is_taken() -> None:
    """In step 07 it would wait behind them."""
    go_on = Event()

    async def take_all_threads() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        async with anyio.create_task_group() as tasks:
            for _ in range(int(limiter.total_tokens)):
                tasks.start_soon(anyio.to_thread.run_sync, lambda: go_on.wait(PATIENCE_S))

    with TestClient(create_app()) as client:
        client.post("/users", json=SIGN_UP).raise_for_status()
        assert client.portal
        taken = client.portal.start_task_soon(take_all_threads)
        try:
            assert client.get("/users/1").json() == {"id": 1, "email": ADA}
            assert client.get("/health").status_code == 200
            assert not taken.done()
        finally:
            go_on.set()
            taken.result(PATIENCE_S)


# One use case, one transaction


async def test_a_sign_up_whose_audit_event_fails_leaves_no_user_and_can_be_tried_again(
    container: Container,
) -> None:
    service = container.user_service()

    with container.audit_event_repository.override(Factory(RefusingAuditEvents)):
        with pytest.raises(OSError, match="no events today"):
            await service.sign_up(new_user())
        assert await users_in(container) == []

    assert (await service.sign_up(new_user())).email == ADA
    assert await users_in(container) == [ADA]


async def test_a_database_that_refuses_the_second_write_undoes_the_first(
    container: Container,
) -> None:
    service = container.user_service()
    with closing(sqlite3.connect(container.engine().url.database or "")) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
        )
        with pytest.raises(IntegrityError):
            await service.sign_up(new_user())
        connection.execute("DROP TRIGGER refuse")

    assert await users_in(container) == []
    assert (await service.sign_up(new_user())).email == ADA


async def test_a_sign_up_is_one_transaction_on_one_connection(
    container: Container, recording: Recording
) -> None:
    checked_out: list[object] = []
    event.listen(container.engine().sync_engine, "checkout", lambda *_: checked_out.append(_))

    await container.user_service().sign_up(new_user())

    assert recording.of_kind("transaction") == [
        "transaction 1 begins",
        "transaction 1 commits",
        "transaction 1 ends",
    ]
    assert len(checked_out) == 1


def test_the_commit_comes_before_the_answer(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.post("/users", json=SIGN_UP)

    assert recording.order("transaction 1 commits", "transaction 1 ends", "response 1 starts")


async def test_nothing_stays_without_a_commit(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    async with unit_of_work() as transaction:
        await transaction.users.add(ADA, HASH)

    assert await users_in(container) == []


async def test_an_error_that_leaves_the_block_undoes_all_and_gives_the_connection_back(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with suppress(KeyError):
        async with unit_of_work() as transaction:
            await transaction.users.add(ADA, HASH)
            await transaction.users.add(GRACE, HASH)
            assert connections_in_use(container.engine()) == 1
            raise KeyError

    assert connections_in_use(container.engine()) == 0
    assert await users_in(container) == []


async def test_an_error_in_a_savepoint_undoes_only_what_was_written_in_it(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    async with unit_of_work() as transaction:
        for email in (ADA, ADA, GRACE):
            with suppress(EmailTaken):
                async with transaction.savepoint():
                    await transaction.users.add(email, HASH)
        await transaction.commit()

    assert await users_in(container) == [ADA, GRACE]


async def test_a_savepoint_that_has_ended_is_still_undone_with_its_transaction(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    async with unit_of_work() as transaction, transaction.savepoint():
        await transaction.users.add(ADA, HASH)

    assert await users_in(container) == []


async def test_without_a_savepoint_a_swallowed_error_makes_the_commit_fail(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    async with unit_of_work() as transaction:
        await transaction.users.add(ADA, HASH)
        with suppress(EmailTaken):
            await transaction.users.add(ADA, HASH)
        with pytest.raises(PendingRollbackError):
            await transaction.commit()

    assert await users_in(container) == []


# Cancelled half-way


class PausingAuditEvents(AuditEventRepository):
    """Tells when a use case is between its two writes, and lets it go on when it is told."""

    arrived: Event
    go_on: Event

    async def add(self, user_id: int, action: str) -> None:
        self.arrived.set()
        await anyio.to_thread.run_sync(self.go_on.wait, PATIENCE_S)
        await super().add(user_id, action)


@pytest.fixture
def pausing() -> type[PausingAuditEvents]:
    return type("Pausing", (PausingAuditEvents,), {"arrived": Event(), "go_on": Event()})


async def test_a_use_case_that_is_cancelled_half_way_leaves_no_row_and_no_connection(
    container: Container,
) -> None:
    arrived = asyncio.Event()

    class Endless(AuditEventRepository):
        async def add(self, user_id: int, action: str) -> None:
            arrived.set()
            await asyncio.Event().wait()

    with container.audit_event_repository.override(Factory(Endless)):
        sign_up = asyncio.create_task(container.user_service().sign_up(new_user()))
        await arrived.wait()
        assert connections_in_use(container.engine()) == 1
        sign_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sign_up

    assert connections_in_use(container.engine()) == 0
    assert await users_in(container) == []
    assert (await container.user_service().sign_up(new_user())).email == ADA


async def test_a_time_out_around_a_use_case_undoes_it(container: Container) -> None:
    class Endless(AuditEventRepository):
        async def add(self, user_id: int, action: str) -> None:
            await asyncio.Event().wait()

    with container.audit_event_repository.override(Factory(Endless)):
        service = container.user_service()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.sign_up(new_user()), timeout=0.2)

    assert connections_in_use(container.engine()) == 0
    assert await users_in(container) == []


@often_said(
    "When the client hangs up, its request is cancelled.",
    "depends",
    "With a plain answer it is not: the sign-up is kept, and its connection is given back.",
    step=8,
)
def test_a_client_that_hangs_up_half_way_leaves_no_connection_and_its_sign_up_is_kept(
    pausing: type[PausingAuditEvents], recording: Recording
) -> None:
    """uvicorn cancels nothing: nobody hears the answer, and the use case ends as it would."""
    app = create_app()
    body = json.dumps(SIGN_UP).encode()
    head = f"POST /users HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    with serve(recording.wrap(app)) as url:
        container: Container = app.state.container
        with container.audit_event_repository.override(Factory(pausing)):
            address = urlsplit(url)
            with socket.create_connection((address.hostname or "", address.port or 0)) as caller:
                caller.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
                assert pausing.arrived.wait(PATIENCE_S)
                assert connections_in_use(container.engine()) == 1
            pausing.go_on.set()
        while not recording.count("request", "ends", request=1):
            assert httpx2.get(f"{url}/health", **LOOPBACK).status_code == 200
        assert connections_in_use(container.engine()) == 0
        assert httpx2.get(f"{url}/users/1", **LOOPBACK).json() == {"id": 1, "email": ADA}

    assert recording.order("transaction 1 commits", "transaction 1 ends", "request 1 ends")


# On a PostgreSQL server


@pytest.fixture
async def container_on_postgresql(postgresql_url: str) -> AsyncIterator[Container]:
    with new_postgresql_database(postgresql_url) as url, variables({"DATABASE_URL": url}):
        container = Container(settings=load_settings())
        yield container
        await container.engine().dispose()


async def test_a_sign_up_that_is_cancelled_in_a_statement_is_gone_from_the_server_at_once(
    container_on_postgresql: Container,
) -> None:
    """The driver has the server give the statement up. SQLite's ends when the lock is free."""
    engine = container_on_postgresql.engine()
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(PATIENCE_S), engine.connect() as other:
        await other.execute(text("LOCK TABLE users IN EXCLUSIVE MODE"))
        sign_up = asyncio.create_task(container_on_postgresql.user_service().sign_up(new_user()))
        while not await other.scalar(waiting):
            await asyncio.sleep(0.01)
        sign_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sign_up

        assert connections_in_use(engine) == 1  # the other one
        while await other.scalar(waiting):
            await asyncio.sleep(0.01)
    assert await users_in(container_on_postgresql) == []
    assert (await container_on_postgresql.user_service().sign_up(new_user())).email == ADA


async def test_no_thread_waits_for_postgresql(container_on_postgresql: Container) -> None:
    engine = container_on_postgresql.engine()
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    threads = active_count()

    async with AsyncExitStack() as held:
        for _ in range(database.POOL_SIZE):
            connection = await held.enter_async_context(engine.connect())
            await connection.execute(text("SELECT 1"))
        assert connections_in_use(engine) == database.POOL_SIZE
        assert active_count() == threads


# Shared by all, kept by nobody


async def test_two_transactions_of_one_unit_of_work_are_independent(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    async with unit_of_work() as first, unit_of_work() as second:
        await first.users.add(ADA, HASH)
        assert await second.users.get_by_email(ADA) is None
        await second.commit()

    assert await users_in(container) == []


async def test_two_hundred_tasks_share_one_unit_of_work_and_lose_nothing(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    """More than there are connections: the others wait in line, without a thread."""

    async def sign_up(number: int) -> None:
        async with unit_of_work() as transaction:
            await transaction.users.add(f"{number}@example.com", HASH)
            await transaction.commit()

    await asyncio.gather(*map(sign_up, range(200)))

    async with AsyncSession(container.engine()) as session:
        assert await session.scalar(select(func.count()).select_from(UserRow)) == 200
    assert connections_in_use(container.engine()) == 0


class LookingHasher:
    """Counts the connections in use whenever a password is hashed or verified."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.seen: list[int] = []

    async def hash(self, password: str) -> str:
        self.seen.append(connections_in_use(self._engine))
        return password

    async def verify(self, password: str, password_hash: str | None) -> bool:
        self.seen.append(connections_in_use(self._engine))
        return password == password_hash


async def test_no_connection_waits_while_a_password_is_hashed_or_verified(
    container: Container,
) -> None:
    hasher = LookingHasher(container.engine())

    with container.password_hasher.override(Object(hasher)):
        service = container.user_service()
        await service.sign_up(new_user())
        await service.log_in(credentials())

    assert hasher.seen == [0, 0]


# Opened and closed


async def test_the_container_opens_the_engine_first_and_closes_it_last(
    recording: Recording,
) -> None:
    async with open_container(load_settings()):
        pass

    assert recording.of_kind("engine", "S3 client") == [
        "engine 1 opened",
        "S3 client 1 opened",
        "S3 client 1 closed",
        "engine 1 closed",
    ]


async def test_the_engine_is_closed_when_the_s3_client_fails_to_open(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Settings) -> None:
        raise OSError("no S3 today")

    monkeypatch.setattr(container_module.Container, "s3_client", Factory(fail, load_settings()))
    with pytest.raises(OSError, match="no S3 today"):
        async with open_container(load_settings()):
            pass

    assert recording.of_kind("engine", "S3 client") == ["engine 1 opened", "engine 1 closed"]


async def test_a_start_that_is_cancelled_closes_what_was_open(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting = asyncio.Event()

    async def hang(_: AsyncEngine) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(container_module, "check_async_database", hang)
    stack = AsyncExitStack()
    start = asyncio.create_task(stack.enter_async_context(open_container(load_settings())))
    await connecting.wait()
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start

    assert recording.of_kind("engine", "S3 client") == ["engine 1 opened", "engine 1 closed"]


async def test_closing_leaves_no_connection_to_the_file(recording: Recording) -> None:
    async with open_container(load_settings()) as container:
        await container.user_service().sign_up(new_user())
        pool = container.engine().pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        assert pool.checkedin() == 1

    assert pool.checkedin() == pool.checkedout() == 0


# The container


async def test_nothing_that_the_container_makes_has_to_be_awaited(container: Container) -> None:
    made = [
        provider()
        for name, provider in container.providers.items()
        if name not in ("settings", "s3_client", "bucket_repository")
        and not name.endswith("_repository")
    ]

    assert len(made) == 5
    assert not any(isawaitable(thing) for thing in made)


async def test_the_container_knows_the_types_of_what_it_makes(container: Container) -> None:
    unit_of_work = assert_type(container.unit_of_work(), ports.UnitOfWork)
    service = assert_type(container.user_service(), UserService)

    assert isinstance(unit_of_work, UnitOfWork)
    assert isinstance(service, UserService)


def test_the_providers_of_the_web_layer_give_what_their_types_say() -> None:
    app = create_app()
    with TestClient(app):
        container = asyncio.run(get_container(HTTPConnection({"type": "http", "app": app})))
        assert_type(container, Container)
        assert container is app.state.container

        service = asyncio.run(get_user_service(container))
        assert_type(service, UserService)
        assert isinstance(service, UserService)

        engine = asyncio.run(get_engine(container))
        assert_type(engine, AsyncEngine)
        assert engine is container.engine()

        buckets = asyncio.run(get_bucket_repository(container))
        assert_type(buckets, ports.BucketRepository)
        assert isinstance(buckets, BucketRepository)


class FamousUsers(UserRepository):
    """Finds a user whom nobody has signed up."""

    async def get(self, user_id: int) -> User | None:
        return User(user_id, "knuth@example.com", HASH)


class OtherAuditEvents(RefusingAuditEvents):
    async def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return [AuditEvent(1, user_id, "was famous", datetime.now(UTC))]


def test_an_override_reaches_the_endpoint_through_the_unit_of_work_and_leaves_no_trace() -> None:
    app = create_app()
    with TestClient(app) as client:
        container: Container = app.state.container
        with (
            container.user_repository.override(Factory(FamousUsers)),
            container.audit_event_repository.override(Factory(OtherAuditEvents)),
        ):
            assert client.get("/users/7").json() == {"id": 7, "email": "knuth@example.com"}
            (event,) = client.get("/users/7/events").json()
            assert event["action"] == "was famous"

        assert client.get("/users/7").status_code == 404
        assert client.get("/users/7/events").status_code == 404


def app_on(path: Path) -> FastAPI:
    return create_app(Settings(database_url=SecretStr(sqlite_url(path))))


async def test_two_apps_on_one_event_loop_are_apart(tmp_path: Path) -> None:
    apps = [app_on(tmp_path / "one.db"), app_on(tmp_path / "two.db")]
    async with AsyncExitStack() as stack:
        clients = []
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx2.ASGITransport(app)
            client = httpx2.AsyncClient(transport=transport, base_url="http://app")
            clients.append(await stack.enter_async_context(client))
        answers = await asyncio.gather(*(c.post("/users", json=SIGN_UP) for c in clients))

        assert [answer.status_code for answer in answers] == [201, 201]
        assert apps[0].state.container.engine() is not apps[1].state.container.engine()
        assert [await users_in(app.state.container) for app in apps] == [[ADA], [ADA]]


# The use cases without FastAPI and without a database


async def test_the_use_cases_run_on_an_in_memory_unit_of_work() -> None:
    fake = AsyncInMemoryUnitOfWork()
    service = UserService(fake, AsyncPlainHasher())

    user = await service.sign_up(new_user())

    assert await service.log_in(credentials()) == await service.get_user(user.id) == user
    assert [event.action for event in await service.list_audit_events(user.id)] == ["signed up"]
    with pytest.raises(EmailTaken):
        await service.sign_up(new_user())
    with pytest.raises(InvalidCredentials):
        await service.log_in(credentials("battery staple"))
    with pytest.raises(UserNotFound):
        await service.list_audit_events(7)


def test_a_plain_script_runs_every_use_case() -> None:
    async def script() -> None:
        async with open_container(load_settings()) as container:
            service = container.user_service()
            user = await service.sign_up(new_user())
            assert await service.log_in(credentials()) == await service.get_user(user.id) == user
            assert [e.user_id for e in await service.list_audit_events(user.id)] == [user.id]
            with pytest.raises(EmailTaken):
                await service.sign_up(new_user())

    asyncio.run(script())


# What remains


def test_flaw_an_engine_stays_with_the_event_loop_in_which_somebody_stood_in_line() -> None:
    """Each `asyncio.run` makes a loop: a script has one, around all that it does."""
    container = Container(settings=load_settings())

    async def one_too_many() -> None:
        async with AsyncExitStack() as held:
            for _ in range(database.POOL_SIZE):
                await held.enter_async_context(container.engine().connect())
            sign_up = asyncio.create_task(container.user_service().sign_up(new_user()))
            await asyncio.wait([sign_up], timeout=0.2)
        await sign_up

    asyncio.run(one_too_many())
    with pytest.raises(RuntimeError, match="different event loop"):
        asyncio.run(one_too_many())
    asyncio.run(container.engine().dispose())


def test_flaw_one_blocking_call_in_a_use_case_holds_everybody_up() -> None:
    """Nothing warns: the event loop's thread is in the call, and answers nobody."""
    loop_thread: list[int] = []

    class BlockingHasher:
        async def hash(self, password: str) -> str:
            loop_thread.append(get_ident())
            return passwords.PasswordHasher().hash(password)

        async def verify(self, password: str, password_hash: str | None) -> bool:
            return True

    app = create_app()
    with TestClient(app) as client:
        with app.state.container.password_hasher.override(Factory(BlockingHasher)):
            assert client.post("/users", json=SIGN_UP).status_code == 201
        assert client.portal
        assert loop_thread == [client.portal.call(get_ident)]
