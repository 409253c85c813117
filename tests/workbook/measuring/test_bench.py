"""`make bench` compares what it says, refuses an app that fails, and fits a terminal."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event

from steps.domain.entities import User
from steps.workbook.catalogue import STEPS, find_step
from steps.workbook.fakes.in_memory import InMemoryUsers
from steps.workbook.measuring import bench
from steps.workbook.measuring.baselines import in_memory
from steps.workbook.measuring.report import Aim, Result, Samples, print_report, ratio
from steps.workbook.recording.events import Recording
from steps.workbook.recording.recorder import record
from steps.workbook.world.singletons import own_singletons

NAMES = ["A by hand", "B by hand, with session", *(step.title for step in STEPS)]


def measure(name: str, app: FastAPI) -> list[Samples]:
    return asyncio.run(
        bench.measure([bench.Entry(name, app, lambda app: None)], rounds=2, block_s=0)
    )


def rows_of(table: str) -> dict[str, list[str]]:
    """Return the cells behind each name that a table holds."""
    lines = [line.strip() for line in table.splitlines()]
    return {
        name: line.removeprefix(name).split()
        for line in lines
        for name in NAMES
        if line.startswith(name)
    }


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    assert ratio([2.0, 30.0, 8.0], [1.0, 10.0, 2.0]) == 3.0
    with pytest.raises(ValueError, match="zip"):
        ratio([1.0], [1.0, 2.0])


def test_the_report_shows_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    samples = [
        Samples("by hand", wall=[100e-6, 200e-6, 300e-6], cpu=[90e-6, 91e-6, 92e-6], hops=2),
        Samples("with session", wall=[200e-6] * 3, cpu=[90e-6] * 3, hops=4),
        Samples("a step", wall=[150e-6, 260e-6, 330e-6], cpu=[95e-6] * 3, hops=3),
    ]
    aims = [Aim("a step", 0, 1.3), Aim("a step", 1, 1.25)]

    print_report([Result("A title", "About it.", samples, aims)])

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "by hand 200 150-250 91 1.00 1.00 2" in lines
    assert "a step 260 205-295 95 1.30 1.30 3" in lines
    assert "Aim: a step at most 1.30 to A: 1.30, reached." in lines
    assert "Aim: a step at most 1.25 to B: 1.30, missed." in lines


@dataclass
class Run:
    """What a whole `make bench` printed, and each table's requests and statements by app."""

    exit_code: int
    output: str
    errors: str
    requests: list[Counter[str]]
    statements: list[Counter[str]]


@pytest.fixture(scope="module")
def run() -> Run:
    requests: list[Counter[str]] = []
    statements: list[Counter[str]] = []
    calling: list[str] = []
    measure, call = bench.measure, bench.Contender.call

    async def noted_measure(*arguments: Any) -> list[Samples]:
        requests.append(Counter())
        statements.append(Counter())
        return await measure(*arguments)

    async def noted_call(contender: bench.Contender) -> None:
        calling[:] = [contender.samples.name]
        requests[-1].update(calling)
        await call(contender)
        calling.clear()

    def note(*_: object) -> None:
        if calling:
            statements[-1].update(calling)

    output, errors = StringIO(), StringIO()
    event.listen(Engine, "before_cursor_execute", note)
    with (
        own_singletons(find_step(2)),
        patch.object(bench, "measure", noted_measure),
        patch.object(bench.Contender, "call", noted_call),
        redirect_stdout(output),
        redirect_stderr(errors),
    ):
        exit_code = bench.bench(rounds=2, block_s=0)
    event.remove(Engine, "before_cursor_execute", note)
    return Run(exit_code, output.getvalue(), errors.getvalue(), requests, statements)


def test_every_step_has_a_row_in_both_tables_and_all_fits_80_columns(run: Run) -> None:
    first, second = run.output.split("With the recorder")[0].split("Repositories in ")[1:]
    steps = {step.title for step in STEPS}

    assert run.exit_code == 0
    assert steps <= set(rows_of(first))
    assert steps <= set(rows_of(second))
    assert max(map(len, run.output.splitlines())) <= 80
    assert run.errors == ""
    assert rows_of(first)["A by hand"][-1] == rows_of(first)[find_step(6).title][-1]


def test_in_memory_no_request_sends_a_statement_and_in_the_database_each_sends_one(
    run: Run,
) -> None:
    in_memory, in_database, _ = run.statements

    assert [len(requests) for requests in run.requests] == [2 + len(STEPS)] * 2 + [4]
    assert in_memory == {}
    assert in_database == run.requests[1]


AIM = r"^Aim: (.+) at most (\S+) to ([AB]):"


def test_the_aims_are_those_of_the_specification(run: Run) -> None:
    further = {step.title for step in STEPS if step.part == "further"}
    aims = [
        [aim for aim in re.findall(AIM, table, re.MULTILINE) if aim[0] not in further]
        for table in re.split("Repositories in |With the recorder", run.output)[1:]
    ]
    step_05, step_06, step_07 = (find_step(number).title for number in (5, 6, 7))

    assert aims == [
        [(step_05, "1.30", "B"), (step_06, "1.30", "A"), (step_07, "1.30", "A")],
        [(step_06, "1.05", "A"), (step_07, "1.05", "A")],
        [("A, recorded", "1.05", "A"), ("B, recorded", "1.05", "B")],
    ]


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(1.304, "1.30, reached."), (1.306, "1.31, missed.")]
)
def test_an_aim_is_reached_if_the_figure_that_is_printed_reaches_it(
    seconds: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand, step = (
        Samples(name, wall=[wall] * 2, cpu=[wall] * 2)
        for name, wall in [("by hand", 1.0), ("a step", seconds)]
    )

    print_report(
        [Result("A title", "About it.", [by_hand, by_hand, step], [Aim("a step", 0, 1.3)])]
    )

    assert f"Aim: a step at most 1.30 to A: {verdict}\n" in capsys.readouterr().out


def test_a_block_notes_the_time_and_the_cpu_time_of_one_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clock on which each request takes 2 seconds, and 3 of all processors."""
    calls = 0

    class Counted(bench.Contender):
        async def call(self) -> None:
            nonlocal calls
            calls += 1

    clock = SimpleNamespace(perf_counter=lambda: 2 * calls, process_time=lambda: 3 * calls)
    monkeypatch.setattr(bench, "time", clock)
    contender = Counted("an app", FastAPI(), {})

    asyncio.run(contender.block(block_s=7))

    assert calls == 4
    assert (contender.samples.wall, contender.samples.cpu) == ([2], [3])


def test_only_the_recorded_app_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = []
    monkeypatch.setattr(bench, "record", lambda: keep(record()))

    @contextmanager
    def keep(recording: AbstractContextManager[Recording]) -> Iterator[Recording]:
        with recording as kept:
            yield kept
        recordings.append(kept)

    plain, recorded = (in_memory(InMemoryUsers([bench.ADA])) for _ in range(2))
    entries = [
        bench.Entry("plain", plain, lambda app: None),
        bench.Entry("recorded", recorded, lambda app: None, bench.RecordedContender),
    ]
    asyncio.run(bench.measure(entries, rounds=2, block_s=0))

    assert [recording.count("request", "ends") for recording in recordings] == [2, 2]


def test_each_round_begins_with_another_app(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def note(contender: bench.Contender, block_s: float) -> None:
        order.append(contender.samples.name)

    async def no_warm_up(contender: bench.Contender) -> None: ...

    monkeypatch.setattr(bench.Contender, "block", note)
    monkeypatch.setattr(bench.Contender, "warm_up", no_warm_up)
    entries = [bench.Entry(name, FastAPI(), lambda app: None) for name in "ABC"]

    asyncio.run(bench.measure(entries, rounds=4))

    assert "".join(order) == "ABCBCACABABC"


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (FastAPI(), "WrongAnswer: 404"),
        (in_memory(InMemoryUsers([User(1, "eve@example.com", "")])), "WrongAnswer"),
    ],
)
def test_an_app_that_answers_wrongly_is_refused_by_its_name(app: FastAPI, reason: str) -> None:
    with pytest.raises(bench.AppFailed, match=f"^step 99: {reason}"):
        measure("step 99", app)


def test_an_app_that_fails_is_refused_by_its_name() -> None:
    app = FastAPI()

    @app.get("/users/{user_id}")
    def fail(user_id: int) -> None:
        raise RuntimeError("No such luck")

    with pytest.raises(bench.AppFailed, match=r"^step 99: RuntimeError: No such luck$"):
        measure("step 99", app)


def test_a_step_that_fails_ends_the_command_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget_routes(app: FastAPI) -> None:
        app.router.routes.clear()

    monkeypatch.setattr(bench, "STEPS", STEPS[:2])
    monkeypatch.setattr(bench, "_keep_in_memory", lambda step: forget_routes)

    assert bench.bench(rounds=2, block_s=0) == 1
    assert capsys.readouterr() == (
        "",
        f'{STEPS[0].title}: WrongAnswer: 404 {{"detail":"Not Found"}}\n',
    )


def test_the_hops_of_a_request_are_counted() -> None:
    app = FastAPI()

    @app.get("/users/{user_id}")
    async def get_user(user_id: int) -> dict[str, object]:
        return {"id": user_id, "email": bench.ADA.email}

    (without_thread,) = measure("async", app)
    (with_thread,) = measure("def", in_memory(InMemoryUsers([bench.ADA])))

    assert without_thread.hops < with_thread.hops


AS_IN_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
runpy.run_module("steps.workbook", run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to the tests, too")
def test_ctrl_c_ends_the_command_with_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", AS_IN_A_TERMINAL, "bench"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(tmp_path.glob("*/accounts.db-wal")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=30) == ("", "Stopped.\n")
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []
