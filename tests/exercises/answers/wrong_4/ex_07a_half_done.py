"""
People think: Undoing the first write in an `except` is as good as a rollback.
Rejected by: test_nobody_outside_sees_one_write_without_the_other
Message: put right afterwards
"""

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import AuditEventRow, UserRow

Sessions = sessionmaker[Session]


def set_email(sessions: Sessions, user_id: int, email: str) -> None:
    with sessions.begin() as session:
        this_user = UserRow.id == user_id
        session.execute(update(UserRow).where(this_user).values(email=email))


def add_event(sessions: Sessions, user_id: int, action: str) -> None:
    with sessions.begin() as session:
        session.add(AuditEventRow(user_id=user_id, action=action))


def change_email(sessions: Sessions, user_id: int, email: str) -> None:
    """The use case. The app calls it with its sessionmaker: keep these arguments."""
    with sessions() as session:
        old_email = session.get_one(UserRow, user_id).email
    set_email(sessions, user_id, email)
    try:
        add_event(sessions, user_id, "changed email")
    except Exception:
        set_email(sessions, user_id, old_email)
        raise
