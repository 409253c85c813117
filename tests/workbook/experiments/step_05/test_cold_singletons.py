"""What notebook 05 says of singletons that many threads ask for at once."""

from steps.workbook.experiments.step_05 import cold_singletons
from tests.often_said import often_said


@often_said(
    "A `Singleton` provider creates its object once.",
    "depends",
    "Sixteen threads that were made to meet in a cold one built sixteen engines.",
    step=5,
)
def test_sixteen_threads_make_a_cold_singleton_build_sixteen_engines() -> None:
    assert cold_singletons.cold_singleton() == 16


@often_said(
    "`ThreadSafeSingleton` creates its object once.",
    "holds",
    "One of sixteen threads builds it, and the others wait.",
    step=5,
)
def test_a_thread_safe_singleton_lets_one_of_sixteen_threads_build() -> None:
    assert cold_singletons.cold_thread_safe_singleton() == 1
