"""From step 07 on: a server that is told to stop among fifty sign-ups finishes what it has begun.

From step 10 on a step brings a program of its own, which says what it closes and ends with 0.
"""

import subprocess
import time

import pytest

from steps.infrastructure.database import POOL_SIZE
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.world.serving import STOP_SIGNAL, serve_module, uvicorn_of
from steps.workbook.world.stopping import closings_in, wait_until_refused
from tests.contract.database import Database
from tests.contract.faults import gate
from tests.load import PATIENCE_S, REFUSED, UNANSWERED, signing_up

PEOPLE = 50


def signal_until_it_ends(process: subprocess.Popen[str]) -> int:
    """An impatient operator: each signal after the first is to change nothing."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return process.wait(0.02)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                process.kill()
                raise
            process.send_signal(STOP_SIGNAL)


@pytest.mark.parametrize(
    "step",
    [step for step in STEPS if step.transaction == "use case"],
    ids=lambda step: f"step_{step.number:02}",
    scope="session",
)
def test_all_who_are_let_in_are_answered_and_nobody_else_has_a_row(
    step: Step, step_on_postgresql: Database
) -> None:
    database = step_on_postgresql
    database.forget_rows()
    own_program = step.has("__main__")
    settings = {"DATABASE_URL": database.url, "S3_ENDPOINT_URL": "http://127.0.0.1:1", "PORT": "0"}
    program = [step.package] if own_program else uvicorn_of(step.target)
    with serve_module(["tests.quick_hashing", *program], environment=settings) as server:
        with (
            gate(database.url, at="insert") as held,
            signing_up(server.url, PEOPLE) as load,
        ):
            held.wait_for(POOL_SIZE)
            server.process.send_signal(STOP_SIGNAL)
            wait_until_refused(server.url)
            held.open()
        exit_code = signal_until_it_ends(server.process)

    assert set(load.answers) <= {201, 503, REFUSED, UNANSWERED}
    assert database.rows() == (load.answers[201], load.answers[201])
    assert load.answers[201] >= POOL_SIZE
    assert any("Application shutdown complete" in line for line in server.lines)
    if own_program:
        assert exit_code == 0
        assert closings_in(server.lines) == ["S3 client", "engine"]
