"""Who waits, and where, while the database is slow."""

import pytest

from steps.workbook.experiments.step_08 import slow_database
from steps.workbook.world.event_loops import on_event_loop


@pytest.mark.parametrize(
    ("step", "database", "thread", "answered"), [(7, 40, 10, False), (8, 50, 0, True)]
)
def test_in_step_07_who_waits_for_the_database_takes_a_thread_from_the_others(
    step: int, database: int, thread: int, answered: bool
) -> None:
    assert slow_database.fifty_log_ins_and_a_look_up(step) == {
        "log-ins that wait for the database": database,
        "log-ins that wait for a thread": thread,
        "a look-up is answered meanwhile": answered,
    }


def test_whoever_waits_for_what_never_comes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_database, "PATIENCE_S", 0.01)
    with pytest.raises(TimeoutError):
        on_event_loop(slow_database.wait_until, lambda: False)
