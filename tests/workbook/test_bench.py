"""`make bench` compares what it says, refuses an app that fails, and fits a terminal."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fastapi import FastAPI

from steps.domain.entities import User
from steps.workbook import bench
from steps.workbook.bench_baselines import UsersInMemory, in_memory
from steps.workbook.bench_report import Aim, Result, Samples, print_report, ratio
from steps.workbook.catalogue import STEPS, find_step
from tests.singletons import own_singletons

NAMES = ["A by hand", "B by hand, with session", *map(bench.name_of, STEPS)]


def measure(name: str, app: FastAPI) -> list[Samples]:
    return asyncio.run(bench.measure([(name, app, lambda app: None)], rounds=2, block_s=0))


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


def test_every_step_has_a_row_in_both_tables_and_all_fits_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with own_singletons(find_step(2)):
        exit_code = bench.bench(rounds=2, block_s=0)

    output, errors = capsys.readouterr()
    first, second = output.split("Repositories in ")[1:]
    steps = set(map(bench.name_of, STEPS))
    assert exit_code == 0
    assert steps <= set(rows_of(first))
    assert steps <= set(rows_of(second))
    assert max(map(len, output.splitlines())) <= 80
    assert errors == ""
    assert rows_of(first)["A by hand"][-1] == rows_of(first)[bench.name_of(find_step(5))][-1]


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (FastAPI(), "WrongAnswer: 404"),
        (in_memory(UsersInMemory(User(1, "eve@example.com", ""))), "WrongAnswer"),
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

    monkeypatch.setattr(bench, "STEPS", STEPS[-1:])
    monkeypatch.setattr(bench, "_keep_in_memory", lambda step: forget_routes)

    assert bench.bench(rounds=2, block_s=0) == 1
    assert capsys.readouterr() == (
        "",
        f'{bench.name_of(STEPS[-1])}: WrongAnswer: 404 {{"detail":"Not Found"}}\n',
    )


def test_the_hops_of_a_request_are_counted() -> None:
    app = FastAPI()

    @app.get("/users/{user_id}")
    async def get_user(user_id: int) -> dict[str, object]:
        return {"id": user_id, "email": bench.ADA.email}

    (without_thread,) = measure("async", app)
    (with_thread,) = measure("def", in_memory(UsersInMemory(bench.ADA)))

    assert without_thread.hops < with_thread.hops


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to the tests, too")
def test_ctrl_c_ends_the_command_with_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "steps.workbook", "bench"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(tmp_path.glob("*/accounts.db-wal")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=30) == ("", "Stopped.\n")
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []
