"""A uvicorn that is told to stop finishes what it has begun.

From step 08 on a step brings a program of its own, which is tested with the step.
"""

import pytest

from steps.infrastructure.database import POOL_SIZE
from steps.workbook.catalogue import STEPS, Step
from steps.workbook.experiments.two_tier_shutdown import wait_until_refused
from steps.workbook.serving import STOP_SIGNAL, serve_process
from tests.contract.database import Database
from tests.contract.faults import gate
from tests.load import REFUSED, UNANSWERED, signing_up

PEOPLE = 50
SERVED_BY_UVICORN = [
    step for step in STEPS if step.number >= 6 and not (step.folder / "__main__.py").exists()
]


@pytest.mark.parametrize(
    "step",
    SERVED_BY_UVICORN,
    ids=lambda step: f"step_{step.number:02}",
    scope="session",
)
def test_of_fifty_who_sign_up_all_that_are_let_in_are_answered_and_nobody_else_has_a_row(
    step: Step, step_on_postgresql: Database
) -> None:
    database = step_on_postgresql
    database.forget_rows()
    settings = {"DATABASE_URL": database.url, "S3_ENDPOINT_URL": "http://127.0.0.1:1"}
    with serve_process(step.target, environment=settings) as server:
        with (
            gate(database.url, at="insert") as held,
            signing_up(server.url, PEOPLE) as load,
        ):
            held.wait_for(POOL_SIZE)
            server.process.send_signal(STOP_SIGNAL)
            wait_until_refused(server.url)
            held.open()
        server.stop()

    assert set(load.answers) <= {201, 503, REFUSED, UNANSWERED}
    assert database.rows() == (load.answers[201], load.answers[201])
    assert load.answers[201] >= POOL_SIZE
    assert any("Application shutdown complete" in line for line in server.lines)
