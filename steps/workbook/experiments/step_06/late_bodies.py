"""A method whose body runs after its call: its session's transaction has ended by then."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.world.databases import connections_in_use, count_users, new_engine, new_user
from steps.workbook.world.event_loops import on_event_loop

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]


def decorator_without_a_check(session_factory: sessionmaker[Session]) -> Decorator:
    """Return what step 06's decorator would be if it took every method."""

    def with_session(method: Method) -> Method:
        @wraps(method)
        def in_own_session(*args: Any, **kwargs: Any) -> Any:
            with session_factory.begin() as session:
                return method(session, *args, **kwargs)

        return in_own_session

    return with_session


async def add_later(session: Session, seen: dict[str, Any]) -> None:
    seen["transaction open when the body begins"] = session.in_transaction()
    session.add(new_user("ada"))
    session.flush()
    seen["session"] = session


def stream_new_ids(session: Session, seen: dict[str, Any]) -> Iterator[int]:
    seen["transaction open when the body begins"] = session.in_transaction()
    user = new_user("ada")
    session.add(user)
    session.flush()
    yield user.id
    seen["session"] = session


async def stream_later(session: Session) -> AsyncIterator[int]:
    yield 1


def exhaust(method: Method, seen: dict[str, Any]) -> None:
    list(method(seen))


def without_a_check_the_body_is_in_a_transaction_of_nobody() -> dict[str, dict[str, int | bool]]:
    """Keep each session, so that the garbage collector does not close what nobody else closes."""
    outcomes: dict[str, dict[str, int | bool]] = {}
    methods: list[tuple[Method, Callable[..., None]]] = [
        (add_later, on_event_loop),
        (stream_new_ids, exhaust),
    ]
    for method, run_later in methods:
        seen: dict[str, Any] = {}
        with new_engine() as engine:
            run_later(decorator_without_a_check(sessionmaker(engine))(method), seen)
            session = seen.pop("session")
            seen["connections in use while the session lives"] = connections_in_use(engine)
            session.close()
            outcomes[method.__name__] = {**seen, "users kept": count_users(engine)}
    return outcomes


def step_06_refuses_what_runs_after_its_call() -> list[str]:
    with_session: Decorator = SessionDecorator(sessionmaker[Session]())
    errors: list[str] = []
    for method in (add_later, stream_new_ids, stream_later):
        try:
            with_session(method)
        except TypeError as error:
            errors.append(f"TypeError: {error}")
    return errors
