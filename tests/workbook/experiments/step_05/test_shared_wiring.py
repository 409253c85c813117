"""What notebook 05 says of two apps, and of two tests, that share what is wired."""

from steps.workbook.experiments.step_05 import shared_wiring
from tests.often_said import often_said

MARKER = "AttributeError: 'Provide' object has no attribute 'hash'"


@often_said(
    "Wiring belongs to one app.",
    "never held",
    "It changes functions of a module: the container that is wired last serves all apps of "
    "the process.",
    step=5,
)
def test_the_container_that_is_wired_last_serves_the_app_of_the_first_too() -> None:
    assert shared_wiring.last_container_to_wire_wins() == {
        "app 1": "hash by container 1",
        "app 2": "hash by container 2",
        "app 1 after app 2 was made": "hash by container 2",
    }


@often_said(
    "`unwire()` affects only its own container.",
    "never held",
    "If two wired one module, the other app is left with markers.",
    step=5,
)
def test_unwiring_the_container_of_one_app_breaks_the_other_app() -> None:
    assert shared_wiring.unwire_of_one_app_breaks_the_other() == {
        "app 2": "hash by container 2",
        "app 2 after container 1 is unwired": MARKER,
    }


@often_said(
    "Two apps of one process cannot have a container each.",
    "never held",
    "In step 05, where a provider asks the app for its container and nothing is wired, they can.",
    step=5,
)
def test_two_apps_of_step_05_neither_mix_their_containers_nor_break_each_other() -> None:
    assert shared_wiring.step_05_keeps_two_apps_apart() == {
        "app 1": 200,
        "app 2": 404,
        "app 1 after app 2 has ended": 200,
    }


@often_said(
    "Override in `app.container` in a `conftest.py`.",
    "never held",
    "Endpoints ask the container that wired them; one that a test wires stays wired in the "
    "next test.",
    step=5,
)
def test_a_container_put_on_the_app_is_not_asked_and_wiring_it_lasts_into_the_next_test() -> None:
    assert shared_wiring.conftest_that_sets_app_container() == {
        "app.container = container": "hash by production",
        "container.wire(...)": "hash by a test",
        "next test, the app of main.py": "hash by a test",
        "next test, a new app": "hash by production",
    }
