"""Exercise 02c: a lock around a cached provider."""

from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Semaphore, Thread

from steps.exercises import ex_02c_one_for_all_who_come_at_once as exercise
from tests.exercises.checks import expect, expect_that

CALLERS = 3
LIMIT_S = 2.0
"""How long a caller may take before it counts as stuck."""

MOMENT_S = 0.15
"""How long the first caller's build lasts, unless the others build as well."""


class Caller(Thread):
    """Somebody who calls a provider in a thread of its own, so that a test cannot hang."""

    def __init__(self, get: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._get = get
        self._result: object = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._result = self._get()
        except Exception as error:
            self.error = error

    def wait(self, what: str, why: str) -> None:
        """Wait for the end of the call, but not for ever."""
        self.join(LIMIT_S)
        expect_that(
            not self.is_alive(),
            what,
            seen=f"the caller still waits after {LIMIT_S:.0f} seconds",
            expected="an answer",
            why=why,
        )

    def answer(self, what: str, why: str = "A lock that is taken must be given back.") -> object:
        """Return what the call returned, or raise what it raised."""
        self.wait(what, why)
        if self.error:
            raise self.error
        return self._result


def call(get: Callable[[], object]) -> Caller:
    caller = Caller(get)
    caller.start()
    return caller


def test_each_provider_is_called_by_its_first_caller_only() -> None:
    for number in (1, 2):
        _check_one(f"provider {number} of 2, each with your decorator")


def _check_one(name: str) -> None:
    built: list[object] = []

    def provider() -> object:
        built.append(object())
        return built[-1]

    get = exercise.singleton(provider)
    expect(
        f"Objects of {name}, before anybody has called it",
        seen=len(built),
        expected=0,
        why="The decorator runs while the module is imported. What it builds there is opened by "
        "everybody who imports the module, also a script or a test that never uses it.",
    )
    got = [call(get).answer(f"A call of {name}") for _ in range(2)]
    expect(
        f"Objects of {name}, after two calls, one after the other",
        seen=len(built),
        expected=1,
        why="Each provider has an object of its own: its first call builds it, its later calls "
        "find it.",
    )
    expect(
        f"What two calls of {name} returned",
        seen=["its object" if one is built[0] else repr(one) for one in got],
        expected=["its object", "its object"],
        why="Whoever calls a provider wants its object.",
    )


def test_callers_who_come_at_once_share_one_object() -> None:
    built: list[object] = []
    doors: list[str] = []
    others_call, everybody_is_inside = Semaphore(0), Barrier(CALLERS)

    def provider() -> object:
        own = object()
        built.append(own)
        doors.append("in")
        if own is built[0]:
            for other in callers[1:]:
                other.start()
            for _ in callers[1:]:
                others_call.acquire(timeout=LIMIT_S)
        with suppress(BrokenBarrierError):
            everybody_is_inside.wait(MOMENT_S)
        doors.append("out")
        return own

    get = exercise.singleton(provider)

    def announce_and_get() -> object:
        others_call.release()
        return get()

    callers = [Caller(get), *(Caller(announce_and_get) for _ in range(CALLERS - 1))]
    callers[0].start()
    got = [caller.answer(f"{CALLERS} callers come before an object is built") for caller in callers]
    got.append(call(get).answer("A call after the first ones"))
    at_once = doors[:2] == ["in", "in"]
    if at_once:
        how = "at once"
        why = (
            "Until the first object is finished the cache is empty, and whoever looks into it "
            "builds one more. One caller at a time may look. "
            "All callers of one provider must share its lock."
        )
    else:
        how = "one after the other"
        why = (
            "Each caller found nothing, waited for the lock, and built one although the caller "
            "before had just finished. Hold the lock already when you look into the cache."
        )
    expect(
        f"{CALLERS} callers come before the first object is built",
        seen="1 built" if len(built) == 1 else f"{len(built)} built, {how}",
        expected="1 built",
        why=why,
    )
    expect(
        "Different objects that these callers and a later one were given",
        seen=len(set(map(id, got))),
        expected=1,
        why="All callers of a singleton get the same object.",
    )


def test_a_provider_may_call_another_one() -> None:
    get_database_url = exercise.singleton(lambda: "sqlite:///accounts.db")
    get_engine = exercise.singleton(lambda: f"engine for {get_database_url()}")
    expect(
        "What get_engine returns, whose provider calls get_database_url",
        seen=call(get_engine).answer(
            "get_engine, whose provider calls get_database_url. Both have your decorator",
            "get_engine holds its lock while it calls get_database_url. If that needs the same "
            "lock, it waits for itself. Each provider needs a lock of its own.",
        ),
        expected="engine for sqlite:///accounts.db",
        why="A provider returns what its function returns.",
    )


def test_after_a_failed_build_the_next_call_tries_again() -> None:
    outcomes: list[Exception | str] = ["engine", ConnectionError("the database is starting")]

    def provider() -> str:
        outcome = outcomes.pop()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    get = exercise.singleton(provider)
    failed = call(get)
    failed.wait("A call whose provider raises", "An error must reach the caller.")
    expect(
        "The error that the first call raised",
        seen=type(failed.error).__name__ if failed.error else "none",
        expected="ConnectionError",
        why="A caller who is not told of the error works on without an engine.",
    )
    expect(
        "What the call after the failed one returned",
        seen=call(get).answer(
            "The call after one whose provider raised",
            "An exception skips the lines after it. If the lock is given back there, it stays "
            "taken, and one failed build stops the whole service.",
        ),
        expected="engine",
        why="A failure is not a result: the next caller tries again.",
    )
