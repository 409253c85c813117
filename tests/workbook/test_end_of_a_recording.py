"""Nothing is left of a recording that is over, and several do not disturb each other."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, Pool, event
from sqlalchemy.orm import Session

from steps.domain.settings import load_settings
from steps.infrastructure import announcements
from steps.infrastructure.database import open_engine
from steps.workbook.environment import new_database
from steps.workbook.lifetimes import record
from steps.workbook.recording import Recording
from tests.workbook.served import use


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that was there before anything was recorded, and its connection, too."""
    with new_database():
        engine = open_engine(load_settings())
        engine.connect().close()
        yield engine
        engine.dispose()


def sessions_of(recording: Recording) -> list[str]:
    return [str(each) for each in recording.events if each.kind == "session"]


def test_after_a_recording_nothing_is_patched_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    listened: list[tuple[Any, str, Callable[..., object]]] = []
    listen, before = event.listen, (Session.__init__, Session.close)

    def spy(target: Any, name: str, listener: Callable[..., object]) -> None:
        listened.append((target, name, listener))
        listen(target, name, listener)

    monkeypatch.setattr(event, "listen", spy)
    with suppress(RuntimeError), record():
        assert (Session.__init__, Session.close) != before
        assert {target for target, *_ in listened} == {Pool, Session}
        assert all(event.contains(*each) for each in listened)
        raise RuntimeError

    assert (Session.__init__, Session.close) == before
    assert not any(event.contains(*each) for each in listened)
    assert announcements.listeners == []


def test_what_happens_after_a_recording_is_not_in_it(engine: Engine) -> None:
    with record() as recording:
        assert not recording.is_over
    with Session(engine) as session:
        use(session)
    announcements.announce("opened", "engine", engine)

    assert recording.events == []
    assert recording.is_over


def test_a_session_that_outlives_its_recording_still_works(engine: Engine) -> None:
    with record() as recording:
        session = Session(engine)
        use(session)
    session.commit()
    session.close()

    assert recording.left_open() == ["session 1", "transaction 1", "connection 1"]


def test_recordings_do_not_disturb_each_other(engine: Engine) -> None:
    with record() as outer:
        with Session(engine):
            pass
        with record() as inner, Session(engine) as session:
            use(session)
        with Session(engine):
            pass
    with record() as later, Session(engine):
        pass

    assert [each.count("session", "opened") for each in (outer, inner, later)] == [3, 1, 1]
    assert [each.left_open() for each in (outer, inner, later)] == [[], [], []]
    assert sessions_of(inner) == ["session 1 opened", "session 1 closed"]


def test_of_two_recordings_either_may_end_first(engine: Engine) -> None:
    before = (Session.__init__, Session.close)
    first, second = record(), record()
    first.__enter__()
    kept = second.__enter__()
    first.__exit__(None, None, None)
    with Session(engine):
        pass
    second.__exit__(None, None, None)

    assert sessions_of(kept) == ["session 1 opened", "session 1 closed"]
    assert (Session.__init__, Session.close) == before
