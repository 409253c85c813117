"""Only the use case knows which writes belong together, so it holds the `with` block and
commits once, at the end. The functions below it use the session that they are given and
never commit. An error leaves the block before the commit, and closing the session undoes
what was written.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from steps.infrastructure.tables import AuditEventRow, UserRow

Sessions = sessionmaker[Session]


def set_email(session: Session, user_id: int, email: str) -> None:
    this_user = UserRow.id == user_id
    session.execute(update(UserRow).where(this_user).values(email=email))


def add_event(session: Session, user_id: int, action: str) -> None:
    session.add(AuditEventRow(user_id=user_id, action=action))


def change_email(sessions: Sessions, user_id: int, email: str) -> None:
    """The use case. The app calls it with its sessionmaker: keep these arguments."""
    with sessions() as session:
        set_email(session, user_id, email)
        add_event(session, user_id, "changed email")
        session.commit()
