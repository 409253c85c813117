"""Step 07: a context manager from the container makes one use case one transaction."""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from threading import Barrier, Event
from typing import assert_type

import anyio.to_thread
import pytest
from dependency_injector.providers import Factory, Object
from fastapi.testclient import TestClient
from pydantic import Secret
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from steps.domain import ports
from steps.domain.entities import AuditEvent, User
from steps.domain.errors import DatabaseUnavailable, EmailTaken, InvalidCredentials, UserNotFound
from steps.domain.schemas import Credentials, NewUser
from steps.domain.settings import load_settings
from steps.infrastructure import database
from steps.infrastructure.database import check_database
from steps.infrastructure.tables import UserRow
from steps.step_07_context_manager.container import Container, open_container
from steps.step_07_context_manager.dependencies import (
    get_bucket_repository,
    get_container,
    get_engine,
    get_user_service,
)
from steps.step_07_context_manager.main import create_app
from steps.step_07_context_manager.repositories import BucketRepository, UserRepository
from steps.step_07_context_manager.services import UserService
from steps.step_07_context_manager.sessions import UnitOfWork
from steps.workbook.catalogue import find_step
from steps.workbook.fakes.in_memory import InMemoryUnitOfWork, PlainHasher
from steps.workbook.recording.events import Recording
from steps.workbook.world.databases import connections_in_use
from tests.often_said import often_said

pytestmark = pytest.mark.usefixtures("environment", "quick_hashing")

ADA, GRACE = "ada@example.com", "grace@example.com"
HASH = "a hash"
PATIENCE_S = 10


@contextmanager
def open_without_s3() -> Iterator[Container]:
    """Open what the use cases need. The S3 client takes longest, and none of them asks for it."""
    container = Container(settings=load_settings())
    check_database(container.engine())
    try:
        yield container
    finally:
        container.engine().dispose()


@pytest.fixture
def container() -> Iterator[Container]:
    with open_without_s3() as container:
        yield container


@pytest.fixture
def unit_of_work(container: Container) -> ports.UnitOfWork:
    return container.unit_of_work()


def new_user(email: str = ADA) -> NewUser:
    return NewUser(email=email, password=Secret("correct horse"))


def credentials(sent: str = "correct horse") -> Credentials:
    return Credentials(email=ADA, password=Secret(sent))


def users_in(container: Container) -> list[str]:
    with Session(container.engine()) as session:
        return list(session.scalars(select(UserRow.email).order_by(UserRow.id)))


class RefusingAuditEvents:
    """Has room for no event."""

    def __init__(self, _: Session) -> None: ...

    def add(self, user_id: int, action: str) -> None:
        raise OSError("no events today")

    def list_for_user(self, user_id: int) -> list[AuditEvent]:
        return []


class ForgetfulService(UserService):
    """A sign-up whose author forgot the commit."""

    def sign_up(self, new_user: NewUser) -> User:
        with self._unit_of_work() as transaction:
            return transaction.users.add(new_user.email, HASH)


# One use case, one transaction


@often_said(
    "A use case of two writes can be left half done.",
    "depends",
    "In step 07 a sign-up whose second write fails leaves no user, and can be tried again.",
    step=7,
)
def test_a_sign_up_whose_audit_event_fails_leaves_no_user_and_can_be_tried_again(
    container: Container,
) -> None:
    service = container.user_service()

    with container.audit_event_repository.override(Factory(RefusingAuditEvents)):
        with pytest.raises(OSError, match="no events today"):
            service.sign_up(new_user())
        assert users_in(container) == []

    assert service.sign_up(new_user()).email == ADA
    assert users_in(container) == [ADA]


def test_a_database_that_refuses_the_second_write_undoes_the_first(container: Container) -> None:
    service = container.user_service()
    path = container.engine().url.database or ""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'no events today'); END"
        )
        with pytest.raises(IntegrityError):
            service.sign_up(new_user())
        connection.execute("DROP TRIGGER refuse")

    assert users_in(container) == []
    assert service.sign_up(new_user()).email == ADA


@often_said(
    "One use case in one `with` is one transaction.",
    "holds",
    "A sign-up that writes two rows begins and commits one transaction, on one connection.",
    step=7,
)
def test_a_sign_up_is_one_transaction_on_one_connection(
    container: Container, recording: Recording
) -> None:
    container.user_service().sign_up(new_user())

    assert recording.count("transaction", "begins") == 1
    assert recording.count("transaction", "commits") == 1
    assert recording.count("connection", "taken") == 1


def test_the_commit_comes_before_the_answer(recording: Recording) -> None:
    with TestClient(recording.wrap(create_app())) as client:
        client.post("/users", json={"email": ADA, "password": "correct horse"})

    assert recording.order("transaction commits", "transaction ends", "response starts")


def test_the_events_of_a_user_are_read_in_the_transaction_that_finds_the_user(
    container: Container, recording: Recording
) -> None:
    service = container.user_service()
    user = service.sign_up(new_user())

    assert [event.action for event in service.list_audit_events(user.id)] == ["signed up"]
    assert recording.count("transaction", "begins") == 2


# What stays and what is undone


def test_nothing_stays_without_a_commit(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction:
        transaction.users.add(ADA, HASH)

    assert users_in(container) == []


def test_an_error_that_leaves_the_block_undoes_all_and_gives_the_connection_back(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with suppress(KeyError), unit_of_work() as transaction:
        transaction.users.add(ADA, HASH)
        transaction.users.add(GRACE, HASH)
        assert connections_in_use(container.engine()) == 1
        raise KeyError

    assert connections_in_use(container.engine()) == 0
    assert users_in(container) == []


def test_a_block_that_is_left_by_return_gives_the_connection_back(container: Container) -> None:
    service = container.user_service()
    user = service.sign_up(new_user())

    assert service.get_user(user.id) == user
    assert connections_in_use(container.engine()) == 0


def test_an_error_in_a_savepoint_undoes_only_what_was_written_in_it(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction:
        for email in (ADA, ADA, GRACE):
            with suppress(EmailTaken), transaction.savepoint():
                transaction.users.add(email, HASH)
        transaction.commit()

    assert users_in(container) == [ADA, GRACE]


def test_an_error_in_a_savepoint_undoes_all_that_was_written_in_it(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction:
        user = transaction.users.add(ADA, HASH)
        with suppress(KeyError), transaction.savepoint():
            transaction.users.add(GRACE, HASH)
            transaction.audit_events.add(user.id, "invited Grace")
            raise KeyError
        transaction.audit_events.add(user.id, "signed up")
        transaction.commit()

    with unit_of_work() as transaction:
        actions = [event.action for event in transaction.audit_events.list_for_user(user.id)]
    assert users_in(container) == [ADA]
    assert actions == ["signed up"]


def test_a_savepoint_that_has_ended_is_still_undone_with_its_transaction(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction, transaction.savepoint():
        transaction.users.add(ADA, HASH)

    assert users_in(container) == []


def test_without_a_savepoint_a_swallowed_error_makes_the_commit_fail(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction:
        transaction.users.add(ADA, HASH)
        with suppress(EmailTaken):
            transaction.users.add(ADA, HASH)
        with pytest.raises(PendingRollbackError):
            transaction.commit()

    assert users_in(container) == []


# Shared by all, kept by nobody


def test_two_transactions_of_one_unit_of_work_are_independent(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    ada_is_written, grace_has_committed = Barrier(2), Barrier(2)

    def write_and_give_up() -> None:
        with unit_of_work() as transaction:
            transaction.users.add(ADA, HASH)
            ada_is_written.wait(PATIENCE_S)
            grace_has_committed.wait(PATIENCE_S)

    def look_and_commit() -> None:
        with unit_of_work() as transaction:
            ada_is_written.wait(PATIENCE_S)
            assert transaction.users.get_by_email(ADA) is None
            transaction.commit()
            grace_has_committed.wait(PATIENCE_S)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda request: request(), [write_and_give_up, look_and_commit]))

    assert users_in(container) == []


@often_said(
    "A unit of work that gives out a session for each block may be shared.",
    "holds",
    "Sixteen threads lose nothing.",
    step=7,
)
def test_sixteen_threads_share_one_unit_of_work_and_lose_nothing(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    everybody = Barrier(16)
    # Not waiting for the disk makes 800 commits quick.
    event.listen(container.engine(), "checkout", lambda c, *_: c.execute("PRAGMA synchronous = 0"))

    def sign_fifty_up(thread: int) -> None:
        everybody.wait(PATIENCE_S)
        for number in range(50):
            with unit_of_work() as transaction:
                transaction.users.add(f"{thread}-{number}@example.com", HASH)
                transaction.commit()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(sign_fifty_up, range(16)))

    with Session(container.engine()) as session:
        assert session.scalar(select(func.count()).select_from(UserRow)) == 16 * 50


class LookingHasher:
    """Counts the connections in use whenever a password is hashed or verified."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seen: list[int] = []

    def hash(self, password: str) -> str:
        self.seen.append(connections_in_use(self._engine))
        return password

    def verify(self, password: str, password_hash: str | None) -> bool:
        self.seen.append(connections_in_use(self._engine))
        return password == password_hash


def test_no_connection_waits_while_a_password_is_hashed_or_verified(container: Container) -> None:
    hasher = LookingHasher(container.engine())

    with container.password_hasher.override(Object(hasher)):
        service = container.user_service()
        service.sign_up(new_user())
        service.log_in(credentials())

    assert hasher.seen == [0, 0]


# The use cases without FastAPI and without a database


def test_the_use_cases_run_on_an_in_memory_unit_of_work() -> None:
    fake = InMemoryUnitOfWork()
    service = UserService(fake, PlainHasher())

    user = service.sign_up(new_user())

    assert service.log_in(credentials()) == service.get_user(user.id) == user
    assert [event.action for event in service.list_audit_events(user.id)] == ["signed up"]
    with pytest.raises(EmailTaken):
        service.sign_up(new_user())
    with pytest.raises(InvalidCredentials):
        service.log_in(credentials("battery staple"))
    with pytest.raises(UserNotFound):
        service.list_audit_events(7)


def test_the_fake_sees_a_use_case_that_forgets_to_commit() -> None:
    careful, forgetful = InMemoryUnitOfWork(), InMemoryUnitOfWork()

    UserService(careful, PlainHasher()).sign_up(new_user())
    ForgetfulService(forgetful, PlainHasher()).sign_up(new_user())

    assert (len(careful.users), len(careful.audit_events)) == (1, 1)
    assert (forgetful.users, forgetful.audit_events) == ([], [])


# The container


def test_the_container_knows_the_types_of_what_it_makes(container: Container) -> None:
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
        assert_type(engine, Engine)
        assert engine is container.engine()

        buckets = asyncio.run(get_bucket_repository(container))
        assert_type(buckets, ports.BucketRepository)
        assert isinstance(buckets, BucketRepository)


class FamousUsers(UserRepository):
    """Finds a user whom nobody has signed up."""

    def get(self, user_id: int) -> User | None:
        return User(user_id, "knuth@example.com", HASH)


class OtherAuditEvents(RefusingAuditEvents):
    def list_for_user(self, user_id: int) -> list[AuditEvent]:
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


def test_an_overridden_hasher_reaches_the_endpoint_and_leaves_no_trace() -> None:
    app = create_app()
    ada = {"email": ADA, "password": "correct horse"}
    with TestClient(app) as client:
        client.post("/users", json=ada)
        with app.state.container.password_hasher.override(Factory(PlainHasher)):
            assert client.post("/login", json=ada).status_code == 401

        assert client.post("/login", json=ada).status_code == 200


def test_a_unit_of_work_made_before_an_override_follows_it(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with container.user_repository.override(Factory(FamousUsers)), unit_of_work() as transaction:
        assert isinstance(transaction.users, FamousUsers)
    with unit_of_work() as transaction:
        assert not isinstance(transaction.users, FamousUsers)


def test_a_plain_script_runs_every_use_case() -> None:
    with open_container(load_settings()) as container:
        service = container.user_service()
        user = service.sign_up(new_user())
        assert service.log_in(credentials()) == service.get_user(user.id) == user
        assert [event.user_id for event in service.list_audit_events(user.id)] == [user.id]
        with pytest.raises(EmailTaken):
            service.sign_up(new_user())


# What step 08 repairs


def test_flaw_a_lookup_waits_in_line_while_every_worker_thread_is_taken() -> None:
    go_on = Event()

    async def take_all_threads() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        async with anyio.create_task_group() as tasks:
            for _ in range(int(limiter.total_tokens)):
                tasks.start_soon(anyio.to_thread.run_sync, lambda: go_on.wait(PATIENCE_S))

    def waiting_for_a_thread() -> int:
        return anyio.to_thread.current_default_thread_limiter().statistics().tasks_waiting

    with TestClient(create_app()) as client, ThreadPoolExecutor(1) as caller:
        assert client.portal
        taken = client.portal.start_task_soon(take_all_threads)
        try:
            answer = caller.submit(client.get, "/users/1")
            while not client.portal.call(waiting_for_a_thread):
                assert not answer.done()
        finally:
            go_on.set()
            taken.result(PATIENCE_S)

        assert answer.result(PATIENCE_S).status_code == 404


# What remains


@often_said(
    "A forgotten commit is noticed.",
    "never held",
    "The client gets its 201, and nothing is kept.",
    step=7,
)
def test_flaw_a_forgotten_commit_answers_201_and_keeps_nothing() -> None:
    app = create_app()
    with TestClient(app) as client:
        container: Container = app.state.container
        forgetful = Factory(ForgetfulService, container.unit_of_work, container.password_hasher)
        with container.user_service.override(forgetful):
            answer = client.post("/users", json={"email": ADA, "password": "correct horse"})

        assert (answer.status_code, answer.json()) == (201, {"id": 1, "email": ADA})
        assert client.get("/users/1").status_code == 404


def test_flaw_a_block_inside_a_block_is_a_second_transaction_and_its_write_waits_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    with open_without_s3() as container:
        unit_of_work = container.unit_of_work()
        with unit_of_work() as outer:
            outer.users.add(ADA, HASH)
            with unit_of_work() as inner, pytest.raises(DatabaseUnavailable):
                inner.users.add(GRACE, HASH)
            outer.commit()

        assert users_in(container) == [ADA]


def test_flaw_after_its_commit_a_block_goes_on_in_another_transaction(
    container: Container, unit_of_work: ports.UnitOfWork
) -> None:
    with unit_of_work() as transaction:
        transaction.users.add(ADA, HASH)
        transaction.commit()
        transaction.users.add(GRACE, HASH)

    assert users_in(container) == [ADA]


@often_said(
    "So much structure takes more code.",
    "holds",
    "Step 07 has more files and more lines than step 01.",
    step=7,
)
def test_flaw_the_same_behaviour_takes_more_files_and_lines_than_in_step_01() -> None:
    files = {number: list(find_step(number).folder.glob("*.py")) for number in (1, 7)}
    lines = {
        number: sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
        for number, paths in files.items()
    }

    assert len(files[7]) > len(files[1])
    assert lines[7] > lines[1]
