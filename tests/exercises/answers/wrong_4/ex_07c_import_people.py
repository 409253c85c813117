"""
People think: An import should skip whatever is wrong with a line.
Rejected by: test_a_broken_email_undoes_the_import_and_reaches_the_caller
Message: The list belongs together
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
            except Exception:
                taken.append(email)
        session.commit()
    return taken
