"""What becomes of fifty sign-ups when the signal to stop arrives.

With PostgreSQL, and with people who keep coming, the tests of step 10 ask it, too.
"""

from steps.workbook.experiments.step_10 import shutdown_under_load


def test_fifty_sign_ups_in_flight_are_answered_and_all_is_closed() -> None:
    assert shutdown_under_load.sigterm_with_fifty_sign_ups_in_flight() == {
        "answers": {201: 50},
        "rows": 50,
        "every 201 is a row, and every row a 201": True,
        "closed": ["S3 client", "engine"],
        "exit code": 0,
    }
