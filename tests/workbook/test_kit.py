"""The kit does what its names say, and what the cells of the notebooks rely on."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from steps.infrastructure.tables import UserRow
from steps.workbook.catalogue import PROJECT, STEPS
from steps.workbook.exercising.copying import copy_project
from steps.workbook.kit import (
    Gate,
    at_once,
    connections_in_use,
    rows_in,
    run_tests,
    scratch_database,
    server_log,
    socket_client,
    wait_until,
)
from steps.workbook.world.databases import new_user


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = scratch_database(pool_size=2)
    yield engine
    engine.dispose()


def test_a_scratch_database_has_the_tables_and_no_rows(engine: Engine) -> None:
    assert rows_in(engine, UserRow) == 0
    assert rows_in(scratch_database(), UserRow) == 0


def test_a_row_counts_once_it_is_committed(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(new_user("ada"))
        session.flush()
        assert rows_in(engine, UserRow) == 0
        assert connections_in_use(engine) == 1
        session.commit()

    assert rows_in(engine, UserRow) == 1
    assert connections_in_use(engine) == 0


def sign_up_app(engine: Engine, gate: Gate, scope: str) -> FastAPI:
    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session
            gate.wait()
            session.commit()

    app = FastAPI()

    @app.post("/users", status_code=201)
    def add(session: Annotated[Session, Depends(get_session, scope=scope)]) -> None:
        session.add(new_user("ada"))

    return app


def test_a_gate_holds_back_a_commit_until_the_client_has_counted(engine: Engine) -> None:
    gate = Gate(gives_up_after_s=60)

    with socket_client(sign_up_app(engine, gate, "request")) as client:
        assert client.post("/users").status_code == 201
        assert rows_in(engine, UserRow) == 0
        gate.open()
        wait_until(lambda: rows_in(engine, UserRow) == 1)


def test_a_gate_that_holds_back_the_answer_gives_up(engine: Engine) -> None:
    gate = Gate(gives_up_after_s=0.05)

    with socket_client(sign_up_app(engine, gate, "function")) as client:
        assert client.post("/users").status_code == 201
        assert rows_in(engine, UserRow) == 1


def test_a_server_logs_for_who_asks(capfd: pytest.CaptureFixture[str]) -> None:
    app = FastAPI()

    @app.get("/")
    def fail() -> None:
        raise ValueError("a bug")

    with server_log() as errors, socket_client(app) as client:
        assert client.get("/").status_code == 500

    assert errors == ["ValueError('a bug')"]
    assert capfd.readouterr() == ("", "")


def test_calls_at_once_meet_and_return_in_order() -> None:
    barrier = Barrier(3)

    assert sorted(at_once(lambda: barrier.wait(timeout=60), 3)) == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        at_once(lambda: 1 / 0, 2)


def test_who_waits_for_what_never_comes_is_told() -> None:
    with pytest.raises(TimeoutError, match="after 0 seconds"):
        wait_until(lambda: False, at_most_s=0)


OTHER_TESTS = """\
import pytest
{import_}

def test_that_passes(): pass

def test_that_fails(): assert False, "with a message"

@pytest.fixture
def broken(): raise RuntimeError

def test_that_has_no_start(broken): pass
"""


def test_the_tests_that_fail_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, broken = tmp_path / "test_others.py", tmp_path / "test_broken.py"
    file.write_text(OTHER_TESTS.format(import_=""), encoding="utf-8")
    broken.write_text(OTHER_TESTS.format(import_="import no_such_module"), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    for arguments in ((file,), (file, "passes"), (broken,), (tmp_path / "test_none.py",)):
        run_tests(*map(str, arguments))
        print("--")

    failing, passing, unreadable, missing, _ = capsys.readouterr().out.split("--\n")
    assert failing == "fails: test_that_fails\nfails: test_that_has_no_start\n"
    assert passing == "All pass.\n"
    assert unreadable == f"fails: {broken}\n"
    assert "not found" in missing


CELLS = """
import sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell

file = Path(sys.argv[1])
shell = InteractiveShell.instance()
shell.run_cell("from steps.workbook.world import kernel")
for before, now in (("function", "request"), ("request", "function"), ("function", "")):
    shell.run_cell('''
from steps.step_01_depends import dependencies
from steps.workbook.calls import SIGN_UP
from steps.workbook.reading.sources import show
from steps.workbook.recording.one_step import record_step

listing, recording = show(dependencies).data, record_step(1, SIGN_UP)
print('scope="function"' in listing, recording.order("transaction commits", "response starts"))
''')
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f'scope="{before}"', f'scope="{now}"'), encoding="utf-8")
"""


def test_a_change_in_a_step_shows_at_the_next_run_of_a_cell(tmp_path: Path) -> None:
    copy_project(tmp_path)
    shutil.copy(PROJECT / "constraints.txt", tmp_path)
    file = tmp_path / "steps" / STEPS[0].name / "dependencies.py"

    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CELLS, str(file)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )

    assert run.stdout.splitlines() == ["True True", "False False", "True True"]
