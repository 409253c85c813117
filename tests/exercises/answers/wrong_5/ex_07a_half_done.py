"""
People think: What is called inside a `with` block joins its transaction.
Rejected by: test_both_writes_stay_when_nothing_fails
Message: A block inside a block is a second transaction
"""

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import AuditEventRow, UserRow

Sessions = sessionmaker[Session]


def set_email(session: Session, user_id: int, email: str) -> None:
    this_user = UserRow.id == user_id
    session.execute(update(UserRow).where(this_user).values(email=email))


def add_event(sessions: Sessions, user_id: int, action: str) -> None:
    with sessions.begin() as session:
        session.add(AuditEventRow(user_id=user_id, action=action))


def change_email(sessions: Sessions, user_id: int, email: str) -> None:
    """The use case. The app calls it with its sessionmaker: keep these arguments."""
    with sessions() as session:
        set_email(session, user_id, email)
        add_event(sessions, user_id, "changed email")
        session.commit()
