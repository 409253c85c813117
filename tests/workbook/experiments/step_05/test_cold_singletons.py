"""What notebook 05 says of singletons that many threads ask for at once."""

from steps.workbook.experiments.step_05 import cold_singletons


def test_sixteen_threads_make_a_cold_singleton_build_sixteen_engines() -> None:
    assert cold_singletons.cold_singleton() == 16


def test_a_thread_safe_singleton_lets_one_of_sixteen_threads_build() -> None:
    assert cold_singletons.cold_thread_safe_singleton() == 1
