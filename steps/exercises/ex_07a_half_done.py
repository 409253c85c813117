"""07a · A change of email, half done · repair · 6 minutes

Read notebook 07, "One block, one transaction".
If the audit event fails, the new email stays. Let both writes stay, or neither.
Then run: make exercise STEP=7
"""

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import AuditEventRow, UserRow

Sessions = sessionmaker[Session]


def set_email(sessions: Sessions, user_id: int, email: str) -> None:
    with sessions.begin() as session:  # TODO: who decides where a transaction ends?
        this_user = UserRow.id == user_id
        session.execute(update(UserRow).where(this_user).values(email=email))


def add_event(sessions: Sessions, user_id: int, action: str) -> None:
    with sessions.begin() as session:
        session.add(AuditEventRow(user_id=user_id, action=action))


def change_email(sessions: Sessions, user_id: int, email: str) -> None:
    """The use case. The app calls it with its sessionmaker: keep these arguments."""
    set_email(sessions, user_id, email)
    add_event(sessions, user_id, "changed email")
