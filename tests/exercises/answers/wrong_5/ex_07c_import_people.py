"""
People think: Looking first makes the savepoint unnecessary.
Rejected by: test_an_email_taken_at_the_last_moment_is_skipped_too
Message: there is time for somebody else
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from steps.domain.errors import EmailTaken
from steps.infrastructure.tables import UserRow


def add_user(session: Session, email: str) -> None:
    if "@" not in email:
        raise ValueError(f"not an email: {email}")
    session.add(UserRow(email=email, password_hash="-"))
    try:
        session.flush()
    except IntegrityError as error:
        raise EmailTaken from error


def import_people(sessions: sessionmaker[Session], emails: list[str]) -> list[str]:
    """Add each of them with add_user. Return the emails that were taken."""
    taken = []
    with sessions() as session:
        for email in emails:
            if session.scalar(select(UserRow).where(UserRow.email == email)):
                taken.append(email)
            else:
                add_user(session, email)
        session.commit()
    return taken
