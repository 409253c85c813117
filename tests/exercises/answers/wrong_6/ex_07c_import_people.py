"""
People think: The end of a savepoint is a commit.
Rejected by: test_everybody_who_is_new_is_added
Message: undoes what was written
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
    with sessions() as session:
        for email in emails:
            try:
                with session.begin_nested():
                    add_user(session, email)
            except EmailTaken:
                taken.append(email)
    return taken
