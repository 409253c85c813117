"""How many objects a provider builds when sixteen threads are the first to ask for one."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

from dependency_injector.providers import BaseSingleton, Singleton, ThreadSafeSingleton
from sqlalchemy import Engine, create_engine

PATIENCE_S = 20
"""How long sixteen threads wait for each other before the experiment fails, in seconds."""

IN_VAIN_S = 0.3
"""How long a thread waits for others that are locked out, in seconds. The outcome is the same."""


def engines_of_sixteen_threads(kind: type[BaseSingleton[Engine]], patience_s: float) -> int:
    """Whoever builds an engine waits in there until all sixteen do, or until patience ends."""
    built: list[Engine] = []
    all_sixteen = Barrier(16)

    def build_engine() -> Engine:
        engine = create_engine("sqlite://")
        built.append(engine)
        with suppress(BrokenBarrierError):
            all_sixteen.wait(patience_s)
        return engine

    cold = kind(build_engine)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: cold(), range(16)))
    return len(built)


def cold_singleton() -> int:
    return engines_of_sixteen_threads(Singleton, PATIENCE_S)


def cold_thread_safe_singleton() -> int:
    return engines_of_sixteen_threads(ThreadSafeSingleton, IN_VAIN_S)
