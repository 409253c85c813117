"""What notebook 12 says about exports, and about what several processes take."""

from steps.infrastructure.database import POOL_SIZE
from steps.workbook.experiments.step_12 import exports
from steps.workbook.measuring import scaling
from tests.often_said import often_said


@often_said(
    "A message that comes again does its work again.",
    "depends",
    "Step 12 writes one file for three deliveries of one message.",
    step=12,
)
def test_a_message_that_comes_three_times_writes_one_file() -> None:
    outcome = exports.a_message_that_comes_three_times()

    assert outcome == {"messages": 3, "files written": 1}


@often_said(
    "Several workers do the same work several times.",
    "depends",
    "In step 12 one of four workers writes the export.",
    step=12,
)
def test_of_four_workers_one_writes_the_export() -> None:
    assert exports.four_workers_and_one_export() == {"workers": 4, "files written": 1}


@often_said(
    "Without its broker a service cannot accept work.",
    "depends",
    "Step 12 answers 202, and the export is written later.",
    step=12,
)
def test_without_a_broker_an_export_is_accepted_and_written_later() -> None:
    outcome = exports.an_export_without_a_broker()

    assert outcome == {"POST /exports": 202, "before": "waiting", "after": "done"}


@often_said(
    "A killed worker takes its work with it.",
    "depends",
    "In step 12 the second worker writes what the killed one left.",
    step=12,
)
def test_the_second_worker_writes_what_a_killed_one_left() -> None:
    outcome = exports.a_worker_killed_in_the_middle()

    assert outcome == {"asked for": 6, "left by the first": 4, "files": 6}


@often_said(
    "The size of the pool is the most that the service takes.",
    "never held",
    "Each process may take a whole pool: two processes may take two.",
    step=12,
)
def test_each_process_may_take_a_whole_pool_of_connections() -> None:
    assert scaling.connections_of_processes() == ({1: POOL_SIZE, 2: 2 * POOL_SIZE}, 100)
