"""When uvicorn's program ends with 0; after SIGTERM to one process it does not: see step 09."""

import sys
from signal import Signals

import pytest

from steps.workbook.experiments.step_10.exit_codes import exit_code_of_uvicorn
from tests.often_said import often_said


@often_said(
    "uvicorn ends with exit code 0 only when nobody stopped it.",
    "never held",
    "It ends with 0 after Ctrl-C, and after SIGTERM if it has workers.",
    step=10,
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no exit code for a signal")
@pytest.mark.parametrize(("name", "workers"), [("SIGTERM", 2), ("SIGINT", 1), ("SIGINT", 2)])
def test_uvicorn_ends_with_0_where_it_has_workers_and_after_ctrl_c(name: str, workers: int) -> None:
    assert exit_code_of_uvicorn(Signals[name], workers) == 0
