"""A failed flush that somebody catches inside a transaction, and the savepoint that it needs."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import EmailTaken
from steps.workbook.experiments.step_07.accounts import unit_of_work_on, users_signed_up
from steps.workbook.world.databases import new_engine, new_user, plain_engine


def add_ada_twice(session: Session) -> None:
    session.add(new_user("ada"))
    session.flush()
    session.add(new_user("ada"))
    with suppress(IntegrityError):
        session.flush()


def commit_at_the_end(session_factory: sessionmaker[Session]) -> None:
    with session_factory.begin() as session:
        add_ada_twice(session)


def commit_by_name(session_factory: sessionmaker[Session]) -> None:
    with session_factory() as session:
        add_ada_twice(session)
        session.commit()


def what_remains_of(use_case: Callable[[sessionmaker[Session]], None]) -> dict[str, object]:
    with new_engine() as engine:
        error = "none"
        try:
            use_case(sessionmaker(engine))
        except PendingRollbackError as raised:
            error = type(raised).__name__
        return {"error": error, "signed up": users_signed_up(engine)}


def a_commit_at_the_end_keeps_nothing_and_does_not_say_so() -> dict[str, object]:
    return what_remains_of(commit_at_the_end)


def a_commit_by_name_says_that_it_keeps_nothing() -> dict[str, object]:
    return what_remains_of(commit_by_name)


def a_savepoint_undoes_only_what_failed() -> list[str]:
    with new_engine() as engine:
        with unit_of_work_on(engine)() as transaction:
            for name in ("ada", "ada", "grace"):
                with suppress(EmailTaken), transaction.savepoint():
                    transaction.users.add(f"{name}@example.com", "-")
            transaction.commit()
        return users_signed_up(engine)


def roll_back_after_a_savepoint(engine: Engine) -> list[str]:
    with Session(engine) as session:
        with session.begin_nested():
            session.add(new_user("ada"))
        session.rollback()
    return users_signed_up(engine)


def a_released_savepoint_survives_the_rollback_of_a_plain_engine() -> list[str]:
    with plain_engine() as engine:
        return roll_back_after_a_savepoint(engine)


def a_released_savepoint_is_undone_with_ours() -> list[str]:
    with new_engine() as engine:
        return roll_back_after_a_savepoint(engine)
