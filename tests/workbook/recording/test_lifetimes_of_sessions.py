"""What counts as a session, as a transaction and as a connection, and whose it is."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.settings import load_settings
from steps.infrastructure.database import open_engine
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.environment import new_database
from tests.workbook.recording.served_app import Served, owners, use, write

CONNECTION = "connection"
LOST = [f"connection 1 {what}" for what in ("taken", "given back", "closed")]


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that was there before anything was recorded, and its connection, too."""
    with new_database():
        engine = open_engine(load_settings())
        engine.connect().close()
        yield engine
        engine.dispose()


@pytest.fixture
def served(recording: Recording) -> Iterator[Served]:
    with new_database():
        served = Served(recording)
        yield served
        served.engine.dispose()


# Transactions


def test_a_savepoint_is_no_transaction(engine: Engine, recording: Recording) -> None:
    with Session(engine) as session:
        with session.begin_nested():
            use(session)
        with session.begin_nested() as savepoint:
            savepoint.rollback()
        session.commit()

    assert recording.of_kind("transaction") == [
        "transaction 1 begins",
        "transaction 1 commits",
        "transaction 1 ends",
    ]


def test_a_commit_within_a_savepoint_is_one_commit(engine: Engine, recording: Recording) -> None:
    with Session(engine) as session:
        session.begin_nested()
        session.commit()

    assert recording.count("transaction", "commits") == 1


def test_a_rollback_within_a_savepoint_is_one_rollback(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        session.begin_nested()
        write(session)
        session.rollback()  # of the savepoint and of what it is in

    assert recording.count("transaction", "rolls back") == 1
    assert recording.count("transaction", "commits") == 0


def test_an_error_rolls_the_transaction_back(engine: Engine, recording: Recording) -> None:
    with suppress(RuntimeError), Session(engine) as session, session.begin():
        write(session)
        raise RuntimeError

    assert recording.order("transaction begins", "transaction rolls back", "transaction ends")
    assert recording.order("transaction ends", "session closed")


def test_an_error_before_the_commit_rolls_back_without_a_word(
    engine: Engine, recording: Recording
) -> None:
    with suppress(RuntimeError), Session(engine) as session:
        write(session)
        raise RuntimeError

    assert recording.of_kind("transaction", CONNECTION) == [
        "transaction 1 begins",
        "connection 1 taken",
        "transaction 1 rolls back",
        "connection 1 given back",
        "transaction 1 ends",
    ]


def test_a_transaction_that_wrote_nothing_has_nothing_to_roll_back(
    engine: Engine, recording: Recording
) -> None:
    def use_in_a_savepoint(session: Session) -> None:
        with session.begin_nested():
            use(session)

    def use_and_roll_back(session: Session) -> None:
        use(session)
        session.rollback()

    for do in (use, write, use_in_a_savepoint, use_and_roll_back):
        with Session(engine) as session:
            do(session)

    told = [event.action for event in recording.events if event.kind == "transaction"]
    assert told[1::3] == ["reads only", "rolls back", "reads only", "reads only"]


@pytest.mark.parametrize("end", [Session.close, Session.reset, Session.invalidate])
def test_a_transaction_that_is_not_committed_rolls_back_however_its_session_ends(
    end: Callable[[Session], None], engine: Engine, recording: Recording
) -> None:
    session = Session(engine)
    with session.begin_nested():
        write(session)
    end(session)

    assert recording.count("transaction", "rolls back") == 1
    assert recording.count("transaction", "commits") == 0
    assert recording.order("transaction begins", "transaction rolls back", "transaction ends")


def test_a_transaction_that_never_reached_the_database_only_ends(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        session.begin()

    assert recording.of_kind("transaction") == ["transaction 1 begins", "transaction 1 ends"]


def test_what_is_committed_or_rolled_back_is_not_rolled_back_once_more(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        use(session)
        session.commit()
        write(session)
        session.rollback()
        session.begin()

    assert [each.action for each in recording.events if each.kind == "transaction"] == [
        *("begins", "commits", "ends"),
        *("begins", "rolls back", "ends"),
        *("begins", "ends"),
    ]


def test_each_transaction_is_within_its_session(engine: Engine, recording: Recording) -> None:
    with Session(engine), Session(engine) as session:
        for _ in range(2):
            use(session)
            session.commit()

    within = [each.within for each in recording.events if str(each).endswith("begins")]
    assert within == ["session 2", "session 2"]


# Sessions


def test_a_session_that_is_closed_twice_closes_once(engine: Engine, recording: Recording) -> None:
    with Session(engine) as session:
        session.close()

    assert recording.of_kind("session") == ["session 1 opened", "session 1 closed"]


def test_a_session_that_is_used_after_it_closed_is_a_new_one(
    engine: Engine, recording: Recording
) -> None:
    session = Session(engine)
    session.close()
    use(session)
    session.close()

    sessions = ["session 1 opened", "session 1 closed", "session 2 opened", "session 2 closed"]
    assert recording.of_kind("session") == sessions
    assert [each.within for each in recording.events if str(each).endswith("begins")] == [
        "session 2"
    ]


def test_a_session_that_nobody_closes_stays_open(engine: Engine, recording: Recording) -> None:
    session = Session(engine)
    session.commit()  # which closes nothing

    assert recording.left_open() == ["session 1"]


def test_a_session_that_was_there_before_is_new_when_it_is_used(engine: Engine) -> None:
    session = Session(engine)
    with record() as recording:
        use(session)
        session.close()

    assert recording.of_kind("session") == ["session 1 opened", "session 1 closed"]


def test_a_session_of_a_factory_and_of_ones_own_class_is_recorded(
    engine: Engine, recording: Recording
) -> None:
    class OwnSession(Session):
        def close(self) -> None:
            super().close()

    with sessionmaker(engine)(), OwnSession(engine):
        pass

    assert recording.count("session", "opened") == recording.count("session", "closed") == 2


def test_a_session_that_is_invalidated_is_closed_and_so_is_its_connection(
    engine: Engine, recording: Recording
) -> None:
    session = Session(engine)
    use(session)
    session.invalidate()

    assert recording.of_kind("session") == ["session 1 opened", "session 1 closed"]
    assert recording.of_kind(CONNECTION) == LOST
    assert recording.left_open() == []


# Connections


def test_a_pool_lends_one_connection_to_one_request_after_the_other(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    def answer(session: Annotated[Session, Depends(served.get_session)]) -> None:
        use(session)

    served.ask("/", "/")
    served.engine.dispose()

    assert [
        (each.action, each.request) for each in recording.events if each.kind == CONNECTION
    ] == [
        ("opened", 1),
        ("taken", 1),
        ("given back", 1),
        ("taken", 2),
        ("given back", 2),
        ("closed", None),
    ]


def test_a_connection_that_was_there_before_has_a_number_when_it_is_taken(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        use(session)

    assert recording.of_kind(CONNECTION) == ["connection 1 taken", "connection 1 given back"]


def test_a_connection_that_is_lost_in_use_is_given_back_and_closed_once(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        session.connection().invalidate()

    assert recording.of_kind(CONNECTION) == LOST
    assert recording.left_open() == []


def test_what_takes_the_place_of_a_lost_connection_is_a_new_one(
    engine: Engine, recording: Recording
) -> None:
    with Session(engine) as session:
        session.connection().invalidate()
    with Session(engine) as session:
        use(session)

    new = [f"connection 2 {what}" for what in ("opened", "taken", "given back")]
    assert recording.of_kind(CONNECTION) == [*LOST, *new]
    assert recording.left_open() == ["connection 2"]


def test_a_connection_that_left_the_pool_is_closed_by_whoever_took_it(
    engine: Engine, recording: Recording
) -> None:
    connection = engine.connect()
    connection.detach()
    with engine.connect():  # which has the place that became free
        connection.close()

    assert recording.of_kind(CONNECTION) == [
        "connection 1 taken",
        "connection 2 opened",
        "connection 2 taken",
        "connection 1 given back",
        "connection 1 closed",
        "connection 2 given back",
    ]


# Who closes it does not matter


def test_what_the_garbage_collector_closes_keeps_its_owner(
    served: Served, recording: Recording
) -> None:
    def session_in_a_generator() -> Iterator[None]:
        with Session(served.engine) as session:
            use(session)
            yield

    @served.app.get("/forget")
    def forget() -> None:
        circle: list[object] = [generator := session_in_a_generator()]
        circle.append(circle)
        next(generator)

    @served.app.get("/collect")
    def collect() -> None:
        gc.collect()

    gc.collect()
    gc.disable()
    try:
        served.ask("/forget", "/collect")
    finally:
        gc.enable()

    assert recording.order("request 1 ends", "request 2 begins", "connection given back")
    assert recording.order("transaction ends", "session 1 closed", "request 2 ends")
    for kind in ("session", "transaction", CONNECTION):
        assert owners(recording, kind) == [{1}]


def test_a_session_that_nobody_knows_any_more_gives_its_connection_back(
    engine: Engine, recording: Recording
) -> None:
    session = Session(engine)
    write(session)
    del session
    gc.collect()

    assert recording.order("transaction rolls back", "connection given back")
    assert recording.left_open() == ["session 1", "transaction 1"]


def test_a_connection_beyond_the_pool_keeps_its_owner_when_the_garbage_collector_closes_it(
    served: Served, recording: Recording
) -> None:
    engine = create_engine(served.engine.url, pool_size=1, max_overflow=1)

    def connection_in_a_generator() -> Iterator[None]:
        with engine.connect():
            yield

    @served.app.get("/forget")
    def forget() -> None:
        circle: list[object] = [generator := connection_in_a_generator()]
        circle.append(circle)
        next(generator)

    @served.app.get("/collect")
    def collect() -> None:
        with engine.connect():
            pass  # so the pool is full
        gc.collect()

    gc.collect()
    gc.disable()
    try:
        served.ask("/forget", "/collect")
    finally:
        gc.enable()
    engine.dispose()

    assert [
        (each.action, each.request)
        for each in recording.events
        if (each.kind, each.number) == (CONNECTION, 1)
    ] == [("opened", 1), ("taken", 1), ("given back", 1), ("closed", 1)]


# Asynchronous ones


def test_an_asynchronous_session_belongs_to_its_request_in_the_event_loop(
    served: Served, recording: Recording
) -> None:
    pytest.importorskip("aiosqlite", reason="try: pip install aiosqlite")
    url = served.engine.url.set(drivername="sqlite+aiosqlite")

    @served.app.get("/")
    async def answer() -> None:
        engine = create_async_engine(url)
        async with AsyncSession(engine) as session, session.begin():
            await session.execute(text("SELECT 1"))
        await engine.dispose()

    assert served.ask("/", "/") == [200, 200]
    for request in (1, 2):
        assert recording.of_request(request)[1:-3] == [
            f"session {request} opened",
            f"transaction {request} begins",
            f"connection {request} opened",
            f"connection {request} taken",
            f"transaction {request} commits",
            f"connection {request} given back",
            f"transaction {request} ends",
            f"session {request} closed",
            f"connection {request} closed",
        ]
    assert {each.thread for each in recording.events if each.request} == {"event loop"}


def test_an_asynchronous_session_without_a_database_is_recorded_too(
    served: Served, recording: Recording
) -> None:
    @served.app.get("/")
    async def answer() -> None:
        async with AsyncSession() as session, session.begin():
            pass

    with TestClient(served) as client:
        client.get("/")

    assert recording.order("session opened", "transaction commits", "session closed", request=1)
    assert recording.left_open() == ["engine 1"]
