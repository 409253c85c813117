"""
People think: In a block that commits by itself, a rollback undoes only the last write.
Rejected by: test_a_taken_email_is_skipped_and_the_rest_goes_on
Message: A rollback ends the whole transaction
"""

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
    with sessions.begin() as session:
        for email in emails:
            try:
                add_user(session, email)
            except EmailTaken:
                session.rollback()
                taken.append(email)
    return taken
