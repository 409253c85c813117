"""What dependency-injector's `Resource`s open and close, in which order, and after an error."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress

from dependency_injector.containers import Container, DeclarativeContainer
from dependency_injector.providers import Resource

CONTAINERS = 100
"""How many containers are opened and closed to see how their order varies."""

log: list[str] = []
"""What was opened (+) and closed (-) since an experiment began."""


class NoRoom(Exception):
    """What a part raises that cannot be opened or closed."""


def open_part(name: str, fails: str = "") -> None:
    if fails == "to open":
        raise NoRoom
    log.append(f"+{name}")


def close_part(name: str, fails: str = "") -> None:
    log.append(f"-{name}")
    if fails == "to close":
        raise NoRoom


def part(name: str, needs: object = None, fails: str = "") -> Iterator[str]:
    open_part(name, fails)
    yield name
    close_part(name, fails)


class Independent(DeclarativeContainer):
    engine = Resource(part, "engine")
    queue = Resource(part, "queue")
    s3_client = Resource(part, "S3 client")


class Chain(DeclarativeContainer):
    """The same three; each says that it needs the one before."""

    engine = Resource(part, "engine")
    queue = Resource(part, "queue", needs=engine)
    s3_client = Resource(part, "S3 client", needs=queue)


class LastFailsToOpen(DeclarativeContainer):
    engine = Resource(part, "engine")
    queue = Resource(part, "queue", needs=engine)
    s3_client = Resource(part, "S3 client", needs=queue, fails="to open")


class MiddleFailsToClose(DeclarativeContainer):
    engine = Resource(part, "engine")
    queue = Resource(part, "queue", needs=engine, fails="to close")
    s3_client = Resource(part, "S3 client", needs=queue)


def open_and_close(container: Container) -> list[str]:
    log.clear()
    with suppress(NoRoom):
        try:
            container.init_resources()
        finally:
            container.shutdown_resources()
    return log.copy()


def orders_of(kind: type[DeclarativeContainer]) -> dict[str, object]:
    """Open and close many containers of a kind, all kept, so that none has another's place."""
    containers = [kind() for _ in range(CONTAINERS)]
    runs = [open_and_close(container) for container in containers]
    names = [([entry[1:] for entry in run[:3]], [entry[1:] for entry in run[3:]]) for run in runs]
    return {
        "more than one order": len({tuple(opened) for opened, _ in names}) > 1,
        "closed in the same order": all(closed == opened for opened, closed in names),
        "closed in reverse": all(closed == opened[::-1] for opened, closed in names),
    }


def independent_resources() -> dict[str, object]:
    return orders_of(Independent)


def resources_in_a_chain() -> dict[str, object]:
    return orders_of(Chain)


def a_resource_fails_to_open() -> list[str]:
    return open_and_close(LastFailsToOpen())


def a_resource_fails_to_open_and_nobody_shuts_down() -> list[str]:
    log.clear()
    with suppress(NoRoom):
        LastFailsToOpen().init_resources()
    return log.copy()


def a_resource_fails_to_close() -> list[str]:
    return open_and_close(MiddleFailsToClose())


def closing_again_closes_the_rest() -> list[str]:
    container = MiddleFailsToClose()
    open_and_close(container)
    log.append("again")
    container.shutdown_resources()
    return log.copy()


# The same with an ExitStack


def in_an_exit_stack(fails: dict[str, str]) -> list[str]:
    log.clear()
    with suppress(NoRoom), ExitStack() as stack:
        for name in ("engine", "queue", "S3 client"):
            open_part(name, fails.get(name, ""))
            stack.callback(close_part, name, fails.get(name, ""))
    return log.copy()


def a_part_of_the_stack_fails_to_open() -> list[str]:
    return in_an_exit_stack({"S3 client": "to open"})


def a_part_of_the_stack_fails_to_close() -> list[str]:
    return in_an_exit_stack({"queue": "to close"})
