"""
People think: Checking the lines first makes one transaction unnecessary.
Rejected by: test_nobody_outside_sees_half_a_list
Message: committed in parts
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
    for email in emails:
        if "@" not in email:
            raise ValueError(f"not an email: {email}")
    for email in emails:
        try:
            with sessions.begin() as session:
                add_user(session, email)
        except EmailTaken:
            taken.append(email)
    return taken
