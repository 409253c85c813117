"""What a caller can read of what a decorated method returns, when its session is closed."""

from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

from steps.domain.entities import User
from steps.infrastructure.tables import UserRow
from steps.step_06_session_decorator.sessions import SessionDecorator
from steps.workbook.world.databases import new_engine, new_user

Leave = Callable[[Session, UserRow], UserRow | User]


def just_return(session: Session, row: UserRow) -> UserRow:
    return row


def map_without_flush(session: Session, row: UserRow) -> User:
    return row.to_entity()


def flush_and_map(session: Session, row: UserRow) -> User:
    session.flush()
    return row.to_entity()


class UsersThatLeave:
    def __init__(self, with_session: SessionDecorator) -> None:
        self.add = with_session(self._add)

    def _add(self, session: Session, leave: Leave) -> UserRow | User:
        row = new_user("ada")
        session.add(row)
        return leave(session, row)


def what_a_caller_reads() -> dict[str, str]:
    return {
        "just_return": read_after(just_return),
        "just_return, expire_on_commit=False": read_after(just_return, expire_on_commit=False),
        "map_without_flush": read_after(map_without_flush),
        "flush_and_map": read_after(flush_and_map),
    }


def read_after(leave: Leave, expire_on_commit: bool = True) -> str:
    with new_engine() as engine:
        session_factory = sessionmaker(engine, expire_on_commit=expire_on_commit)
        user = UsersThatLeave(SessionDecorator(session_factory)).add(leave)
        try:
            return f"id {user.id}, {user.email}"
        except DetachedInstanceError:
            return "DetachedInstanceError"
