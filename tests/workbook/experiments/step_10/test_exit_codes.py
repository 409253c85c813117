"""With which exit code a service ends."""

import sys
from signal import Signals

import pytest

from steps.workbook.experiments.step_10 import exit_codes


def test_uvicorn_does_not_end_with_0_after_the_signal_to_stop() -> None:
    assert exit_codes.exit_code_of_uvicorn() != 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(
    ("name", "workers", "exit_code"),
    [("SIGTERM", 1, -15), ("SIGTERM", 2, 0), ("SIGINT", 1, 0), ("SIGINT", 2, 0)],
)
def test_uvicorn_raises_sigterm_again_when_it_is_one_process(
    name: str, workers: int, exit_code: int
) -> None:
    assert exit_codes.exit_code_of_uvicorn(Signals[name], workers) == exit_code


def test_step_10_ends_with_0_and_tells_a_wrong_setting_from_a_start_that_fails() -> None:
    assert exit_codes.exit_codes_of_step_10() == {
        "the signal to stop": 0,
        "a wrong setting": 2,
        "a start that fails": 3,
    }
