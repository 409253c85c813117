"""
People think: The write that may fail goes first, then nothing is left half done.
Rejected by: test_a_taken_email_leaves_no_event
Message: The other order only moves the gap
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
    add_event(sessions, user_id, "changed email")
    set_email(sessions, user_id, email)
